"""Availability zones and their hosts."""
