"""Server groups: servers that shall be near one another, or apart."""
