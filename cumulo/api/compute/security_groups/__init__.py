"""Security groups by the names that compute had for them: the network's, until microversion 2.35."""
