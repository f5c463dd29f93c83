"""Exports: volumes of a backend served over the network, to guests on whatever host."""
