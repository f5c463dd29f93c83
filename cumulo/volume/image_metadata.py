"""What a volume keeps of the image it was made of: changed by clients, given to the image that it becomes."""

from collections.abc import Mapping

from cumulo.common import errors

MOST = 128


def merged(before: Mapping[str, str] | None, more: Mapping[str, str]) -> dict[str, str]:
    """Return it with further entries; raises BadRequest for too many."""
    after = {**(before or {}), **more}
    if len(after) > MOST:
        raise errors.BadRequest(f"A volume may have {MOST} entries of image metadata, not {len(after)}.")
    return after


def without(before: Mapping[str, str] | None, key: str) -> dict[str, str]:
    """Return it without one entry; raises NotFound where there is none."""
    if before is None or key not in before:
        raise errors.NotFound(f"There is no image metadata {key[:255]!r}.")
    return {name: value for name, value in before.items() if name != key}
