"""The agent that makes a host's networks look as desired. It has no database."""
