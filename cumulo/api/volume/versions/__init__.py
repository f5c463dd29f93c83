"""Version documents."""
