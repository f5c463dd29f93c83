"""Programs that users let work with some of their roles: OAuth 1.0a."""
