"""How much a type lets users ask of a volume in a second."""
