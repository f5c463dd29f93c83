"""The OpenAPI document of every API."""
