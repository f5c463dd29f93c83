"""What a host measures of a running guest."""
