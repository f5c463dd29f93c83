"""How single volumes are encrypted."""
