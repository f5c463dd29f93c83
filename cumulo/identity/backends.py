"""What serves the users of a domain, as a table: another backend is another line, and changes nothing else.

A domain names its backend in its settings (identity, driver); one without settings has the default. What is named there
may be none of these: settings are kept for whoever asks, as this API has it. But then the domain has no users, and gets
none, and whoever is in it all the same cannot log in.
"""

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

import sqlalchemy as sa
from oslo_config import cfg

from cumulo.common import errors
from cumulo.common.clock import Clock
from cumulo.common.db.tables import identity as tables
from cumulo.common.db.tables.identity_cloud import domain_config
from cumulo.common.threads import Threads
from cumulo.identity import login_guard
from cumulo.identity.domain_config_options import DEFAULTS
from cumulo.identity.login_guard import Account
from cumulo.identity.passwords import PasswordCheck

GROUP, OPTION = "identity", "driver"
DEFAULT: str = DEFAULTS[GROUP][OPTION]


@dataclasses.dataclass(frozen=True)
class Asked:
    """A login by password: who is meant, None where nobody was found, and what was said."""

    conf: cfg.ConfigOpts
    clock: Clock
    threads: Threads
    passwords: PasswordCheck
    account: Account | None
    password: str


@dataclasses.dataclass(frozen=True)
class Backend:
    """What keeps the users of a domain.

    is_right says whether the password is the user's, in the same time whatever is wrong; no transaction is open.
    """

    is_right: Callable[[Asked], bool]


def _by_hash(asked: Asked) -> bool:
    stored = login_guard.hash_of(asked.conf, asked.clock, asked.account)
    return asked.passwords.is_right(asked.threads, asked.password, stored)


BACKENDS: Mapping[Any, Backend] = {"sql": Backend(_by_hash)}


def account(connection: sa.Connection, user_id: str | None) -> tuple[Account | None, Any]:
    """Return all that matters for a user's login, and the backend that their domain names.

    There is no account where there is no such backend: nobody can log in, by any method.
    """
    found = login_guard.account(connection, user_id)
    named = _named(found["backend"] if found else None)
    return (found, named) if named in BACKENDS else (None, DEFAULT)


def is_right(named: Any, asked: Asked) -> bool:
    """Say whether a password is right, as the backend of the user's domain has it."""
    return BACKENDS[named].is_right(asked)


def of_domain(connection: sa.Connection, domain_id: str) -> Any:
    """Return what a domain names as its backend; it need not be one."""
    table = domain_config.c
    found = connection.execute(sa.select(table.value).where(
        table.domain_id == domain_id, table.group_name == GROUP, table.option_name == OPTION)).scalar_one_or_none()
    return _named(found)


def check_users(connection: sa.Connection, domain_id: str) -> None:
    """Raise Conflict where a domain has users, or is about to get one, and names a backend that there is not."""
    named, user = of_domain(connection, domain_id), tables.user
    if named not in BACKENDS and connection.execute(
            sa.select(user.c.id).where(user.c.domain_id == domain_id).limit(1)).first() is not None:
        raise errors.Conflict(f"A domain with users needs a backend that there is: {', '.join(BACKENDS)}. "
                              f"Domain {domain_id} would have {str(named)[:64]!r}.")


def _named(kept: Mapping[str, Any] | None) -> Any:
    return DEFAULT if kept is None else kept["is"]
