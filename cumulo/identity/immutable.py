"""The option `immutable` of projects, domains and roles: neither changed nor deleted until it is taken away."""

from collections.abc import Mapping
from typing import Any

from cumulo.common import errors

NAME = "immutable"


def refuse_deletion(kind: str, thing_id: str, options: Mapping[str, Any]) -> None:
    """Raise Forbidden for something that is immutable."""
    if options.get(NAME):
        raise errors.Forbidden(f"Unable to delete immutable {kind} {thing_id}: set its option {NAME} to false first.")


def changed_options(kind: str, thing_id: str, options: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options after a change, null taking one away; raises Forbidden for one that is not allowed.

    What is immutable may be changed by taking the option away, and together with that.
    """
    changes = values.get("options") or {}
    if options.get(NAME) and changes.get(NAME, True):
        raise errors.Forbidden(f"Unable to update immutable {kind} {thing_id}: set its option {NAME} to false first.")
    return {name: value for name, value in {**options, **changes}.items() if value is not None}
