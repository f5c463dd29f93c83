"""A refusal: why the command will not go on, and what would mend it, in one message for a person."""


class Refusal(Exception):
    """Printed without a trace; the command ends with code 1."""
