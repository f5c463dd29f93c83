"""What is done to a volume through POST /volumes/{id}/action."""
