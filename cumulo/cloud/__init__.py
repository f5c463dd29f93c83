"""The `cumulo` command: starts, stops, tests and describes a whole cloud on one machine."""
