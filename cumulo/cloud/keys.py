"""`cumulo keys`: the keys that tokens and credentials are sealed with; shown, rotated, carried to other hosts.

    show      which keys there are
    rotate    the next key becomes the primary and a new one is staged; no token and no credential is lost
    export    all keys as JSON, for another host's API
    install   take over what export wrote: before the first rotation, and after each one, before the next

Every process that reads a directory feels a change of it at its next request; nothing is started again.
"""

import json
import os
import sys
from typing import Any

from cumulo.cloud.refusal import Refusal
from cumulo.common import errors
from cumulo.common.clock import Clock
from cumulo.common.db.engine import Database
from cumulo.identity import credentials, keys, oauth

KINDS = ("tokens", "credentials")
# What an API process seals with the former primary while a rotation runs is sealed anew by the next one.
FEWEST_CREDENTIAL_KEYS = 3


def directory_of(conf: Any, kind: str) -> str:
    """Return the directory of the keys of a kind."""
    return str(conf.identity.fernet_key_dir if kind == "tokens" else conf.identity.credential_key_dir)


def show(conf: Any) -> str:
    """Return which keys there are, without the keys."""
    lines = []
    for kind in KINDS:
        directory = directory_of(conf, kind)
        numbers = sorted(int(number) for number in _exported(directory))
        lines.append(f"{kind:12} {directory}")
        lines += [f"  {number:10} {_role(number, numbers)}" for number in numbers]
    return "\n".join(lines)


def rotate(conf: Any, kind: str, clock: Clock) -> str:
    """Make the next key the primary; return what was done."""
    directory = directory_of(conf, kind)
    _exported(directory)
    if kind == "tokens":
        oldest_good = clock.now() - conf.identity.token_ttl_s
        keys.rotate(directory, conf.identity.max_active_keys, retired_before=oldest_good)
        return "tokens: rotated; keys whose tokens may still be good are kept"
    most = max(conf.identity.max_active_keys, FEWEST_CREDENTIAL_KEYS)
    keys.rotate(directory, most, retired_before=0.0)  # drops none
    database = Database(conf.database.url, clock)
    try:
        with database.write() as connection:
            fernet = keys.KeyRepository(directory).fernet()
            count = len([*credentials.reseal(connection, fernet), *oauth.reseal(connection, fernet)])
    finally:
        database.close()
    keys.drop(directory, most)
    return f"credentials: rotated; {count} sealed anew"


def export(conf: Any, kind: str) -> str:
    """Return the keys as JSON; whoever reads it can make any token."""
    return json.dumps({"kind": kind, "keys": _exported(directory_of(conf, kind))}, indent=2)


def install(conf: Any, text: str, *, replace: bool) -> str:
    """Take over exported keys; return what was done. Raises Refusal for what is none, or another cloud's."""
    try:
        said = json.loads(text)
        kind = said["kind"]
        keys.take_over(directory_of(conf, kind), said["keys"], replace=replace)
    except (ValueError, KeyError, TypeError, AttributeError) as failure:
        raise Refusal("this is not what 'cumulo keys export' writes") from failure
    except errors.CumuloError as failure:
        raise Refusal(str(failure)) from failure
    return f"{kind}: {len(said['keys'])} keys are in place"


def read_text(path: str) -> str:
    """Return the text of a file; - is the standard input."""
    if path == "-":
        return sys.stdin.read()
    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except OSError as failure:
        raise Refusal(f"{path} cannot be read: {failure.strerror}") from failure


def _exported(directory: str) -> dict[str, str]:
    if not os.path.isdir(directory):
        raise Refusal(f"there are no keys in {directory}: 'up' makes them, 'keys install' brings them")
    return keys.export(directory)


def _role(number: int, numbers: list[int]) -> str:
    if number == keys.STAGED:
        return "next: opens, does not seal yet"
    return "primary: seals" if number == numbers[-1] else "former primary: opens"
