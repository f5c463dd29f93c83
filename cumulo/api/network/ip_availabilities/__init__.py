"""How many addresses networks have left."""
