"""The password that a guest made for itself, sealed for its owner."""
