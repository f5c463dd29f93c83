"""Backups of volumes: where they are kept, in what form, and how they are written and read."""
