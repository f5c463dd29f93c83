"""Which endpoints, services and regions follow which policy."""
