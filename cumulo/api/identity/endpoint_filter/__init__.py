"""Which endpoints and groups of them a project was given."""
