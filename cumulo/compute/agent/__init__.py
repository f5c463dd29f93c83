"""The compute agent: one process per hypervisor, without a database, that makes servers real."""
