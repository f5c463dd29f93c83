"""Images: their rules and queries, the store of their data, the inspection of what is uploaded."""
