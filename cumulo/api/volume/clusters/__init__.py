"""Clusters of backends."""
