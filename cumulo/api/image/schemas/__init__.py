"""JSON schemas that describe what this API answers."""
