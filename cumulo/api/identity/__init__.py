"""The identity API, version 3."""
