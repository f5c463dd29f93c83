"""The standard `openstack` client against a cloud that `cumulo up` started: what its users type, and what they see."""
