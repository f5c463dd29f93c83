"""What lists can be filtered by."""
