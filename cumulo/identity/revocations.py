"""Which tokens are refused before they expire, and how every process learns of it.

A change that takes rights away raises the one generation row and inserts an event under the new
number, in the transaction of the change itself:

    event    subject                    refuses tokens of an earlier generation that
    user     user id                    belong to the user (disabled, deleted, new password)
    project  project id                 are scoped to the project (disabled, deleted)
    domain   domain id                  are of a user or a project or scope of the domain
    grant    user id/kind/target id     the user holds for that target (a role was taken away)
    token    audit id                   are this one token
    delegation  application credential  borrow their rights from it (it was deleted)
             or trust id
    change   ""                         none: only what is remembered about tokens is forgotten

Numbers instead of times: a token made right after a change is not refused by it, whatever the
clocks say. The generation row is locked until the change commits, so events become visible in the
order of their numbers, and a reader that has seen number n misses none below it.
"""

import dataclasses

import sqlalchemy as sa
from oslo_config import cfg

from cumulo.common.db.tables import identity as tables
from cumulo.identity.model import Scope

THE_ROW = 1
PRUNE_EVERY_S = 600.0
CHANGE = "change"


@dataclasses.dataclass(frozen=True)
class Recorder:
    """Records changes in the caller's transaction; a later event than expires_at matters to nobody."""

    connection: sa.Connection
    expires_at: float
    numbers: list[int] = dataclasses.field(default_factory=list)
    """The generations that this recorder has begun."""

    def user(self, user_id: str) -> None:
        """Refuse every token of the user."""
        self._record("user", user_id)

    def project(self, project_id: str) -> None:
        """Refuse every token scoped to the project."""
        self._record("project", project_id)

    def domain(self, domain_id: str) -> None:
        """Refuse every token of the domain's users and of its projects."""
        self._record("domain", domain_id)

    def grant(self, user_id: str, scope: Scope) -> None:
        """Refuse every token the user holds for the target."""
        self._record("grant", grant_subject(user_id, scope))

    def token(self, audit_id: str) -> None:
        """Refuse one token."""
        self._record("token", audit_id)

    def delegation(self, delegation_id: str) -> None:
        """Refuse every token whose rights come from an application credential or a trust."""
        self._record("delegation", delegation_id)

    def change(self) -> None:
        """Refuse nothing, but let names and roles be looked up again."""
        self._record(CHANGE, "")

    def _record(self, kind: str, subject: str) -> None:
        number = _raise_generation(self.connection)
        self.numbers.append(number)
        self.connection.execute(sa.insert(tables.event).values(
            generation=number, kind=kind, subject=subject, expires_at=self.expires_at))


def recorder(connection: sa.Connection, conf: cfg.ConfigOpts, now: float) -> Recorder:
    """Return what records changes made in this transaction; call it first.

    Takes the generation row, so that changes which revoke run one after another: none loses what
    another has just written, and none waits in a circle. Also drops events that no token is old
    enough to mind any more.
    """
    connection.execute(
        sa.select(tables.generation.c.value).where(tables.generation.c.id == THE_ROW).with_for_update())
    connection.execute(sa.delete(tables.event).where(tables.event.c.expires_at <= now))
    # Twice the life of a token: clocks differ, and a configuration may have shortened the life.
    return Recorder(connection, now + 2 * conf.identity.token_ttl_s + 60)


def grant_subject(user_id: str, scope: Scope) -> str:
    """Return the subject of a grant event."""
    return f"{user_id}/{scope.kind}/{scope.id}"


def current_generation(connection: sa.Connection) -> int:
    """Return the generation of what this transaction reads from now on, or an earlier one."""
    value = connection.execute(
        sa.select(tables.generation.c.value).where(tables.generation.c.id == THE_ROW)).scalar_one_or_none()
    return value or 0


def ensure_row(connection: sa.Connection) -> None:
    """Insert the generation row unless it is there."""
    if connection.execute(sa.select(tables.generation.c.id)).first() is None:
        connection.execute(sa.insert(tables.generation).values(id=THE_ROW, value=0))


def _raise_generation(connection: sa.Connection) -> int:
    table = tables.generation
    raised = connection.execute(
        sa.update(table).where(table.c.id == THE_ROW).values(value=table.c.value + 1)).rowcount
    if not raised:
        connection.execute(sa.insert(table).values(id=THE_ROW, value=1))
    return current_generation(connection)


class Revocations:
    """The events one process knows, by kind and subject: the latest generation that refuses."""

    def __init__(self) -> None:
        self.generation = -1
        self._refused: dict[tuple[str, str], tuple[int, float]] = {}
        self._prune_at = 0.0

    def refresh(self, connection: sa.Connection, now: float) -> bool:
        """Read what is new; says whether anything is."""
        latest = current_generation(connection)
        if latest == self.generation:
            return False
        table = tables.event
        rows = connection.execute(
            sa.select(table.c.generation, table.c.kind, table.c.subject, table.c.expires_at)
            .where(table.c.generation > self.generation, table.c.generation <= latest)
            .order_by(table.c.generation))
        for number, kind, subject, expires_at in rows:
            if kind != CHANGE:
                self._refused[kind, subject] = (number, expires_at)
        self.generation = latest
        self._prune(now)
        return True

    def _prune(self, now: float) -> None:
        if now < self._prune_at:
            return
        self._prune_at = now + PRUNE_EVERY_S
        self._refused = {key: value for key, value in self._refused.items() if value[1] > now}

    def refuses(self, generation: int, kind: str, subject: str) -> bool:
        """Say whether such a token, made under that generation, has been refused since."""
        return self._refused.get((kind, subject), (-1, 0.0))[0] > generation
