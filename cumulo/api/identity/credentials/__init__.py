"""Secrets kept for users; access keys, and the tokens that what they signed is worth."""
