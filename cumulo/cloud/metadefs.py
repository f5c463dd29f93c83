"""`cumulo metadefs load`: metadata definitions from files into the cloud, through its own public API.

A file is one namespace, in the form in which the API takes it. What is there already stays as it is, so loading
twice changes nothing, and what somebody has changed is not put back.
"""

import json
import pathlib
from collections.abc import Sequence
from typing import Any

from cumulo.cloud.client import ApiError, Client
from cumulo.cloud.refusal import Refusal

STANDARD = pathlib.Path(__file__).with_name("definitions")
_PATH = "/image/v2/metadefs/namespaces"
_TAKEN = 409


def load(client: Client, paths: Sequence[pathlib.Path] = ()) -> tuple[int, int]:
    """Load files, or all of a directory; the standard definitions if none is named.

    Returns how many namespaces were made, and how many were there. Every file is read before the first is sent.
    """
    documents = [_read(file) for path in paths or (STANDARD,) for file in _files(path)]
    made = sum(_make(client, document) for document in documents)
    return made, len(documents) - made


def _files(path: pathlib.Path) -> list[pathlib.Path]:
    found = sorted(path.glob("*.json")) if path.is_dir() else [path]
    if not found:
        raise Refusal(f"{path} holds no .json files")
    return found


def _read(file: pathlib.Path) -> dict[str, Any]:
    try:
        document = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as failure:
        raise Refusal(f"{file} cannot be read: {failure}") from failure
    if not isinstance(document, dict) or "namespace" not in document:
        raise Refusal(f"{file} is not a namespace of metadata definitions")
    return document


def _make(client: Client, document: dict[str, Any]) -> bool:
    """Make a namespace; say whether it was not there yet."""
    try:
        client.post(_PATH, document)
    except ApiError as failure:
        if failure.status != _TAKEN:
            raise
        return False
    return True
