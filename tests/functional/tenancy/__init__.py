"""Who sees and changes what: every route as every kind of caller, expected from the policy itself."""
