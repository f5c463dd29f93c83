"""The operation engine: what a step is, where operations are kept, how an agent runs a step."""
