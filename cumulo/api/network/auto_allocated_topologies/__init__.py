"""The network, subnets and router that the cloud makes for a project that asks for some."""
