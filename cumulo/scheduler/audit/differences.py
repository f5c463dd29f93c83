"""Judging: the table of checks, and what a database and its hosts differ in.

A new kind of resource adds a page to checks/ and its name to CHECKS.
"""

import dataclasses
from collections.abc import Mapping
from types import ModuleType
from typing import Any

from cumulo.common.audit.difference import Difference
from cumulo.common.audit.holdings import (
    BackendHoldings,
    BackupHoldings,
    ComputeHoldings,
    NetworkHoldings,
    StoreHoldings,
)
from cumulo.common.db.engine import Database
from cumulo.scheduler.audit import read
from cumulo.scheduler.audit.checks import (
    addresses,
    backups,
    hypervisors,
    identity,
    images,
    networks,
    operations,
    ports_bindings,
    quotas,
    revisions,
    rows,
    servers_claims,
    servers_own,
    volumes,
)
from cumulo.scheduler.audit.facts import DOING, STORE_TARGET, DatabaseFacts, Facts, Server

CHECKS: tuple[ModuleType, ...] = (
    servers_claims, servers_own, operations, ports_bindings, addresses, revisions, quotas, images, rows, identity, hypervisors,
    networks, volumes, backups,
)
KINDS: dict[str, str] = {kind: meaning for check in CHECKS for kind, meaning in check.KINDS.items()}

Said = Mapping[str, Mapping[str, Any]]
"""What agents answered to `holdings`, by their targets: compute.<host>, network.<host>, image.<host>, volume.<host>, and
image for the stores."""


def differences(facts: Facts) -> list[Difference]:
    """Return everything that differs, but for servers, volumes and snapshots whose operation is under way."""
    return [each for check in CHECKS for each in check.differences(facts) if each.server_id not in facts.busy]


def differences_now(database: Database, said: Said) -> list[Difference]:
    """Return what differs at this moment, however young; for a cloud in which nothing is under way.

    said holds the holdings of everybody who was heard; who is missing from it is not judged.
    """
    rows_now = read.read(database)
    facts = with_holdings(rows_now, said, busy_of(rows_now))
    deleted = read.deleted(database, unknown_servers(facts))
    return differences(with_servers(facts, deleted))


def busy_of(database: DatabaseFacts) -> frozenset[str]:
    """Return the servers whose operation is under way."""
    return frozenset(each.resource_id for each in database.operations if each.phase in DOING)


def with_holdings(database: DatabaseFacts, said: Said, busy: frozenset[str]) -> Facts:
    """Return both sides put together; raises KeyError, TypeError or ValueError for an answer that is none."""
    compute: dict[str, ComputeHoldings] = {}
    network: dict[str, NetworkHoldings] = {}
    staging: dict[str, StoreHoldings] = {}
    backends: dict[str, BackendHoldings] = {}
    targets: dict[str, BackupHoldings] = {}
    for target, answer in sorted(said.items()):
        kind, _, host = target.partition(".")
        if kind == "compute":
            compute[host] = ComputeHoldings.from_dict(answer)
        elif kind == "network":
            network[host] = NetworkHoldings.from_dict(answer)
        elif kind == "image" and host:
            staging[host] = StoreHoldings.from_dict(answer)
        elif kind == "volume":
            backends |= {f"{host}@{name}": BackendHoldings.from_dict(held) for name, held in answer["backends"].items()}
            if answer.get("backups") is not None:  # a target that does not answer is not judged
                targets[host] = BackupHoldings.from_dict(answer["backups"])
    stores = {name: StoreHoldings.from_dict(held) for name, held in said[STORE_TARGET]["stores"].items()} \
        if STORE_TARGET in said else {}
    return Facts(database, compute, network, stores, staging, busy, backends, targets)


def unknown_servers(facts: Facts) -> set[str]:
    """Return the ids of servers that hosts name and the rows read so far do not."""
    return {held.server_id for holdings in facts.compute.values() for held in holdings.servers} - facts.servers.keys()


def with_servers(facts: Facts, more: tuple[Server, ...]) -> Facts:
    """Return the facts with further servers."""
    return dataclasses.replace(facts, database=dataclasses.replace(
        facts.database, servers=(*facts.database.servers, *more)))
