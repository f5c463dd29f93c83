"""What happens when two changes meet: every cell and row of the table, in both orders and at once."""
