"""Tokens, and what their holders may ask about themselves."""
