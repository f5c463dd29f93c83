"""Cumulo, a cloud operating system: one folder is one service, the tree is the architecture diagram."""
