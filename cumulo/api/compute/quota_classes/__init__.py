"""Quotas of classes: the class "default" is what every project begins with."""
