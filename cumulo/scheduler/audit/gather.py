"""Gathering both sides: the database is read before and after hosts are asked, with no transaction open between.

A server that changed in between, or whose operation is under way, is not judged: what a host said
may be older or newer than the row. Whoever does not answer is named and not judged either.
"""

import dataclasses
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from cumulo.common import errors
from cumulo.common.audit.difference import Difference
from cumulo.common.db.engine import Database
from cumulo.common.db.tables.operations import operation
from cumulo.common.flows import FLOWS, step_under_cursor
from cumulo.common.runtime import Runtime
from cumulo.scheduler.audit import read
from cumulo.scheduler.audit.differences import busy_of, unknown_servers, with_holdings, with_servers
from cumulo.scheduler.audit.facts import (
    STORE_TARGET,
    DatabaseFacts,
    Facts,
    compute_target,
    image_target,
    network_target,
    volume_target,
)

_IDS_IN_ONE_QUERY = 500


@dataclasses.dataclass(frozen=True)
class Gathered:
    """Both sides, and who did not answer: [{"target", "reason"}]."""

    facts: Facts
    unheard: list[dict[str, str]]


def gather(runtime: Runtime, database: Database) -> Gathered:
    """Read the database, ask every host it knows, read the database again."""
    before = read.read(database)
    said, unheard = ask(runtime, targets(before))
    after = read.read(database)
    facts = with_holdings(after, said, busy_of(before) | busy_of(after) | changed(before, after))
    return Gathered(with_servers(facts, read.deleted(database, unknown_servers(facts))), unheard)


def targets(database: DatabaseFacts) -> list[str]:
    """Return whom to ask: every agent that was ever heard, and the image stores."""
    return [*map(compute_target, database.compute_hosts), *map(network_target, database.network_hosts),
            *map(image_target, database.image_hosts), *map(volume_target, database.volume_hosts), STORE_TARGET]


def changed(before: DatabaseFacts, after: DatabaseFacts) -> frozenset[str]:
    """Return the servers, volumes, snapshots and backups that came, went or changed between two readings."""
    then, now = (_by_id(facts) for facts in (before, after))
    return frozenset(each for each in then.keys() | now.keys() if then.get(each) != now.get(each))


def _by_id(facts: DatabaseFacts) -> dict[str, Any]:
    servers: dict[str, Any] = {each.id: each for each in facts.servers if each.deleted_at is None}
    return servers | {each.id: each for each in (*facts.volumes, *facts.snapshots, *facts.backups)}


def ask(runtime: Runtime, whom: Sequence[str]) -> tuple[dict[str, dict[str, Any]], list[dict[str, str]]]:
    """Ask several at the same time what they hold; return the answers by target, and who gave none."""
    said, silent = dict[str, dict[str, Any]](), dict[str, str]()
    options = runtime.conf.audit
    count = min(options.agents_at_once, len(whom))

    def work(share: Sequence[str]) -> None:
        for target in share:
            try:
                answer = runtime.bus.call(target, "holdings", {}, timeout_s=options.answer_timeout_s)
                with_holdings(_NO_ROWS, {target: answer}, frozenset())
            except errors.CumuloError as failure:
                silent[target] = failure.message
            except (AttributeError, KeyError, TypeError, ValueError) as failure:
                silent[target] = f"its answer cannot be read: {failure!r}"
            else:
                said[target] = answer

    workers = [runtime.threads.spawn(work, whom[first::count], name="audit-ask") for first in range(count)]
    for worker in workers:
        worker.join()
    return said, [{"target": target, "reason": silent[target]} for target in sorted(silent)]


_NO_ROWS = DatabaseFacts(now=0.0)


def made_by(connection: sa.Connection, found: Sequence[Difference]) -> dict[str, dict[str, Any]]:
    """Return the newest operation of each resource that differs, by the resource's id."""
    wanted = sorted({each.resource_id for each in found})
    newest: dict[str, dict[str, Any]] = {}
    for start in range(0, len(wanted), _IDS_IN_ONE_QUERY):
        query = sa.select(operation).where(operation.c.resource_id.in_(wanted[start:start + _IDS_IN_ONE_QUERY]))
        for row in connection.execute(query.order_by(operation.c.created_at, operation.c.id)).mappings():
            newest[row["resource_id"]] = _shown(row)
    return newest


def _shown(row: sa.RowMapping) -> dict[str, Any]:
    step = step_under_cursor(row["flow"], row["cursor"]) if row["flow"] in FLOWS else str(row["cursor"])
    return {"id": row["id"], "flow": row["flow"], "phase": row["phase"], "step": step, "request_id": row["request_id"]}
