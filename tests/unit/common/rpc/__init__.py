"""Unit tests of the message bus, in memory."""
