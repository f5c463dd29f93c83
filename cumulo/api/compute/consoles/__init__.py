"""The consoles of a server: URLs that open them, and what such a URL is for."""
