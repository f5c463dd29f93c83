"""The volume agent: what runs on a host that has volumes."""
