"""Limits that hold for everybody unless another is set."""
