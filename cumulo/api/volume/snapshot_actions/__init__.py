"""What is done to a snapshot through POST /snapshots/{id}/action."""
