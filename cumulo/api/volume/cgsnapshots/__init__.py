"""Snapshots of groups under their older name."""
