"""Who may log in with a right password, and what a wrong one costs.

    wrong password          one more failure; from lockout_failure_attempts on the account is locked
    locked                  refused like a wrong password, also with the right one, for lockout_duration_s
    disabled, idle          refused like a wrong password
    password has ended      refused, and told so: whoever reads it has just proved to know the password

What is refused alike does the same work: the statement that counts a failure runs where there is no account too.
The count is kept by a database of the caller's choice, not the request's: it must stay when the request is undone.
"""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from oslo_config import cfg

from cumulo.common import errors
from cumulo.common.clock import Clock
from cumulo.common.db.engine import Database
from cumulo.common.db.tables import identity as tables
from cumulo.common.db.tables.identity_cloud import domain_config
from cumulo.identity.model import LOGIN_REFUSED
from cumulo.identity.password_rules import DAY_S, ends_at

Account = Mapping[Any, Any]


def account(connection: sa.Connection, user_id: str | None) -> Account | None:
    """Return all that matters for a user's login by password, or None where there is no such user."""
    user, domain = tables.user, tables.domain
    columns = (user.c.id, user.c.password_hash, user.c.enabled, user.c.options, user.c.password_changed_at,
               user.c.password_expires_at, user.c.password_is_own, user.c.failed_logins, user.c.failed_login_at,
               user.c.last_active_at, user.c.created_at)
    names_backend = sa.and_(domain_config.c.domain_id == user.c.domain_id, domain_config.c.group_name == "identity",
                            domain_config.c.option_name == "driver")
    return connection.execute(sa.select(*columns, domain.c.enabled.label("domain_enabled"),
                                        domain_config.c.value.label("backend"))
                              .join(domain, domain.c.id == user.c.domain_id)
                              .outerjoin(domain_config, names_backend)
                              .where(user.c.id == user_id)).mappings().one_or_none()


def hash_of(conf: cfg.ConfigOpts, clock: Clock, found: Account | None) -> str | None:
    """Return the hash to verify a password by: None where nobody may log in, whatever the password.

    A password remembered as right would be answered faster, and so confirmed.
    """
    now = clock.now()
    if found is None or not _is_open(conf, now, found) or _seems_locked(conf, now, found):
        return None
    return str(found["password_hash"]) if found["password_hash"] is not None else None


def admit(database: Database, conf: cfg.ConfigOpts, clock: Clock, found: Account | None, is_right: bool, *,
          may_be_over: bool = False) -> Account:
    """Return the account of somebody who may come in; raises Unauthorized.

    may_be_over: also with a password that has ended, to set another one.
    """
    now = clock.now()
    if conf.identity.lockout_failure_attempts:
        is_right = _counted(database, conf, now, found, is_right)
    if found is None or not is_right or not _is_open(conf, now, found):
        raise errors.Unauthorized(LOGIN_REFUSED)
    over = ends_at(found["password_changed_at"], found["password_expires_at"], found["options"] or {})
    if not may_be_over and over is not None and over <= now:
        raise errors.Unauthorized(f"The password is expired and needs to be changed for user: {found['id']}.")
    _note_activity(database, conf, now, found)
    return found


def _counted(database: Database, conf: cfg.ConfigOpts, now: float, found: Account | None, is_right: bool) -> bool:
    """Count a failure, or end the count after a success; say whether the password is to be taken for right.

    Both are decided by the row as it is now, not as it was read before the password was verified: whoever tries many
    at once gets no more attempts than whoever tries them in turn.
    """
    user_id, is_exempt = "", False
    if found is not None:
        user_id, is_exempt = found["id"], bool((found["options"] or {}).get("ignore_lockout_failure_attempts"))
    if is_right and found is not None and (is_exempt or not found["failed_logins"]):
        return is_exempt or not _is_locked_now(database, conf, now, user_id)
    table = tables.user
    is_open = sa.not_(_locked(conf, now))
    with database.write() as connection:
        statement = sa.update(table).where(table.c.id == user_id, is_open)
        if is_right:
            return bool(connection.execute(statement.values(failed_logins=0, failed_login_at=None)).rowcount)
        if is_exempt:
            statement = statement.where(sa.false())
        again = sa.case((table.c.failed_logins >= conf.identity.lockout_failure_attempts, 1),
                        else_=table.c.failed_logins + 1)
        connection.execute(statement.values(failed_logins=again, failed_login_at=now))
    return False


def _seems_locked(conf: cfg.ConfigOpts, now: float, found: Account) -> bool:
    """Say whether the row, as it was read, tells of a lock."""
    most, options = conf.identity.lockout_failure_attempts, found["options"] or {}
    if not most or found["failed_logins"] < most or options.get("ignore_lockout_failure_attempts"):
        return False
    lasts_s = conf.identity.lockout_duration_s
    return not lasts_s or bool(found["failed_login_at"] > now - lasts_s)


def _is_locked_now(database: Database, conf: cfg.ConfigOpts, now: float, user_id: str) -> bool:
    with database.read() as connection:
        return connection.execute(sa.select(tables.user.c.id).where(
            tables.user.c.id == user_id, _locked(conf, now))).first() is not None


def _locked(conf: cfg.ConfigOpts, now: float) -> "sa.ColumnElement[bool]":
    table, options = tables.user, conf.identity
    is_many: sa.ColumnElement[bool] = table.c.failed_logins >= options.lockout_failure_attempts
    if not options.lockout_duration_s:
        return is_many
    return sa.and_(is_many, table.c.failed_login_at > now - options.lockout_duration_s)


def _is_open(conf: cfg.ConfigOpts, now: float, found: Account) -> bool:
    return bool(found["enabled"] and found["domain_enabled"]) and not _is_idle(conf, now, found)


def _is_idle(conf: cfg.ConfigOpts, now: float, found: Account) -> bool:
    days = conf.identity.disable_user_account_days_inactive
    if not days or (found["options"] or {}).get("ignore_user_inactivity"):
        return False
    return bool((found["last_active_at"] or found["created_at"]) + days * DAY_S < now)


def _note_activity(database: Database, conf: cfg.ConfigOpts, now: float, found: Account) -> None:
    """Write down, once a day, that the account is used."""
    if conf.identity.disable_user_account_days_inactive and now - (found["last_active_at"] or 0.0) >= DAY_S:
        with database.write() as connection:
            connection.execute(sa.update(tables.user).where(tables.user.c.id == found["id"]).values(last_active_at=now))
