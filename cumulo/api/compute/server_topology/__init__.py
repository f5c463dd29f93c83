"""Where on its host a server is."""
