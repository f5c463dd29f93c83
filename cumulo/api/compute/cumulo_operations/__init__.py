"""Long operations as what they are: how far they have come, and what is going on."""
