"""os-volumes and os-snapshots."""
