"""Attachments: who uses a volume."""
