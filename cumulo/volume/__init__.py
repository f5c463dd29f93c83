"""Block storage: the rules for volumes, snapshots, their types, and the backends that hold them."""
