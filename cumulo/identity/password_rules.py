"""Rules about passwords: what they must look like, how long they last, which may come back, when they may change.

    set by an administrator     must look right; may be any earlier one; may have to be changed at first use
    set by the user             must look right, be none of the last ones, and not follow the last change too soon

All of it is off unless the configuration says otherwise. Texts are compared by their hashes, so it is the caller
who verifies; everything else here decides and does nothing.
"""

import dataclasses
import re
from collections.abc import Mapping
from typing import Any

from oslo_config import cfg

from cumulo.common import errors
from cumulo.common.threads import Threads
from cumulo.identity.passwords import hash_password, verify

DAY_S = 86400.0


@dataclasses.dataclass(frozen=True)
class NewPassword:
    """A password that is about to be set: its hash, when it ends, who chose it, how many before it are kept."""

    hash: str
    expires_at: float | None
    is_own: bool
    keep: int


def check_form(conf: cfg.ConfigOpts, password: str) -> None:
    """Raise BadRequest unless the password looks as the configuration wants it."""
    wanted = conf.identity.password_regex
    if wanted and not re.match(wanted, password):
        raise errors.BadRequest("The password does not match the requirements: "
                                f"{conf.identity.password_regex_description or 'ask your administrator'}.")


def check_age(conf: cfg.ConfigOpts, now: float, account: Mapping[str, Any]) -> None:
    """Raise BadRequest where users may not change what they have just set themselves."""
    wait_s = conf.identity.minimum_password_age_days * DAY_S
    changed_at, expires_at = account["password_changed_at"], account["password_expires_at"]
    if not wait_s or not account["password_is_own"] or (expires_at is not None and expires_at <= now):
        return
    if changed_at + wait_s > now:
        days = (changed_at + wait_s - now) / DAY_S
        raise errors.BadRequest(
            f"You cannot change your password yet: wait {days:.1f} days, or ask your administrator.")


def check_may_change(account: Mapping[str, Any]) -> None:
    """Raise BadRequest where only an administrator may change the password."""
    if (account["options"] or {}).get("lock_password"):
        raise errors.BadRequest("You cannot change your password: ask your administrator to do it.")


def check_is_new(conf: cfg.ConfigOpts, threads: Threads, password: str, before: list[str]) -> None:
    """Raise BadRequest for one of the last passwords; before holds their hashes, the newest first."""
    count = conf.identity.unique_last_password_count
    if any(verify(threads, password, each, conf.identity.password_hash_rounds) for each in before[:count]):
        raise errors.BadRequest(f"The new password cannot be identical to a previous password. The {count} newest "
                                "passwords must differ.")


def make(conf: cfg.ConfigOpts, threads: Threads, now: float, password: str, options: Mapping[str, Any], *,
         is_own: bool) -> NewPassword:
    """Return what is to be stored of a password that has passed the checks; takes a bcrypt."""
    return NewPassword(hash_password(threads, password, conf.identity.password_hash_rounds),
                       _expires_at(conf, now, options, is_own), is_own,
                       max(0, conf.identity.unique_last_password_count - 1))


def ends_at(changed_at: float | None, expires_at: float | None, options: Mapping[str, Any]) -> float | None:
    """Return when a password ends; None: never. One that ended when it was set must be changed at first use."""
    is_exempt = options.get("ignore_password_expiry") and expires_at != changed_at
    return None if is_exempt else expires_at


def _expires_at(conf: cfg.ConfigOpts, now: float, options: Mapping[str, Any], is_own: bool) -> float | None:
    if not is_own and conf.identity.change_password_upon_first_use and not options.get(
            "ignore_change_password_upon_first_use"):
        return now
    days: int = conf.identity.password_expires_days
    return now + days * DAY_S if days else None
