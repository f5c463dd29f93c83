"""The quotas that projects begin with."""
