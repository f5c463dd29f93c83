"""Application credentials and the access rules that limit them."""
