"""Block storage: the rules for volumes, snapshots and their types; the API serves no route of it yet."""
