"""What projects used."""
