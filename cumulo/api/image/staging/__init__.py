"""Data that waits to be imported."""
