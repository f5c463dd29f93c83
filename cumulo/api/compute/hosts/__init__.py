"""Hosts by the names of the first API, until microversion 2.42."""
