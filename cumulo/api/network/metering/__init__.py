"""Metering labels and their rules."""
