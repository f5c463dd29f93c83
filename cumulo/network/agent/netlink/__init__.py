"""A program that changes this host's devices over netlink: see main.py. Nothing here imports the rest of the project."""
