"""What the audit's parts share: what hosts hold, what a difference is, and the findings as rows."""
