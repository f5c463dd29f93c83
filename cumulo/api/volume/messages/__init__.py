"""What users are told of operations that came to nothing."""
