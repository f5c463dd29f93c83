"""The types of volumes for which nobody names one, by project."""
