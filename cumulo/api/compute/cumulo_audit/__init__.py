"""What the audit found, and the cloud's metrics: routes of our own, for administrators and monitors."""
