"""The caller's keypairs."""
