"""What servers each host had in a period, as os-instance_usage_audit_log tells it."""
