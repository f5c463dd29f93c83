"""The metadata of snapshots."""
