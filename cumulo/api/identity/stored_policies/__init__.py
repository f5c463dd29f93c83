"""Policy documents that services may fetch."""
