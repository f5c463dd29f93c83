"""Files that a server is given at its first start (personality, below 2.57), checked. Pure.

They reach the guest on its config drive: cloud-init writes what meta_data.json names under "files".
"""

import base64
import binascii
from collections.abc import Mapping, Sequence
from typing import Any

from cumulo.common import errors
from cumulo.compute.quotas import UNLIMITED, Limits


def checked(limits: Limits, asked: Sequence[Mapping[str, Any]]) -> list[dict[str, str]] | None:
    """Return the files that are asked for, None where there are none.

    Raises BadRequest for content that is no base64, QuotaExceeded for more, longer or deeper ones than allowed.
    """
    if limits.injected_files != UNLIMITED and len(asked) > limits.injected_files:
        raise errors.QuotaExceeded(f"Personality file limit exceeded: {len(asked)}, allowed are {limits.injected_files}.")
    return [_checked(limits, each) for each in asked] or None


def _checked(limits: Limits, asked: Mapping[str, Any]) -> dict[str, str]:
    path, contents = asked["path"], "".join(asked["contents"].split())
    try:
        size = len(base64.b64decode(contents, validate=True))
    except (binascii.Error, ValueError) as failure:
        raise errors.BadRequest(f"Personality content for {path[:64]} cannot be decoded as base64.") from failure
    for what, has, most in (("path", len(path.encode()), limits.injected_file_path_bytes),
                            ("content", size, limits.injected_file_content_bytes)):
        if most != UNLIMITED and has > most:
            raise errors.QuotaExceeded(f"Personality file {what} too long: {has} bytes, allowed are {most}.")
    return {"path": path, "contents": contents}
