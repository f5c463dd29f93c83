"""How volumes of a type are encrypted."""
