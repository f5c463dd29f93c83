"""Quality of service: policies and their rules."""
