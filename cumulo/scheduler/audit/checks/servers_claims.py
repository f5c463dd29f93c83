"""Servers and what they claim of hosts."""

import math
from collections.abc import Iterator

from cumulo.common.audit.difference import Difference
from cumulo.compute import states
from cumulo.scheduler.audit.facts import Claim, Facts, Server

KINDS = {
    "claim_without_server": "A host's room is claimed by a server that is not there.",
    "claim_of_deleted_server": "A deleted server still claims a host's room.",
    "claim_elsewhere": "A server claims room on another host than the one it is on.",
    "claim_of_other_size": "A claim is not as large as its server's flavor.",
    "claim_on_unknown_host": "A claim names a host that never registered.",
    "room_kept": "A server that waits for no confirmation holds room on a second host.",
    "server_without_claim": "A server is on a host without claiming its room.",
    "server_without_host": "A server is built, but on no host.",
    "deleted_server_on_host": "A deleted server's row still names a host.",
}
ON_A_HOST = states.ON_A_HOST


def differences(facts: Facts) -> Iterator[Difference]:
    """Compare every claim with its server, and every server with its claim."""
    hosts = set(facts.database.compute_hosts)
    for claim in facts.database.claims:
        yield from _claim(claim, facts.servers.get(claim.server_id), hosts)
    for move in facts.database.moves:
        yield from _move(move, facts.servers.get(move.server_id))
    for server in facts.database.servers:
        yield from _server(server, facts.claims.get(server.id))


def _claim(claim: Claim, server: Server | None, hosts: set[str]) -> Iterator[Difference]:
    def differs(kind: str, other: str) -> Difference:
        one = f"claim of server {claim.server_id} on {claim.host}"
        return Difference(kind, claim.server_id, one, other, host=claim.host, server_id=claim.server_id)

    if claim.host not in hosts:
        yield differs("claim_on_unknown_host", "no host of that name has registered")
    if server is None:
        yield differs("claim_without_server", "no server row")
    elif server.deleted_at is not None:
        yield differs("claim_of_deleted_server", "the server is deleted")
    else:
        if server.host != claim.host:
            yield differs("claim_elsewhere", f"server has host {server.host}" if server.host else "server has no host")
        wanted = (server.flavor["vcpus"], server.flavor["memory_mib"], disk_gib(server))
        claimed = (claim.vcpus, claim.memory_mib, claim.disk_gib)
        if claimed != wanted:
            yield differs("claim_of_other_size", f"claimed are {_size(*claimed)}, the flavor says {_size(*wanted)}")


def _move(move: Claim, server: Server | None) -> Iterator[Difference]:
    if server is None or server.deleted_at is not None or server.status not in ("VERIFY_RESIZE", "ERROR"):
        said = "no server row" if server is None else f"the server is {server.status}"
        yield Difference("room_kept", move.server_id, f"second room of server {move.server_id} on {move.host}", said,
                         host=move.host, server_id=move.server_id)


def _server(server: Server, claim: Claim | None) -> Iterator[Difference]:
    def differs(kind: str, one: str, other: str) -> Difference:
        return Difference(kind, server.id, f"server {server.id} ({server.status}) {one}", other,
                          host=server.host or "", server_id=server.id)

    if server.deleted_at is not None:
        if server.host:
            yield differs("deleted_server_on_host", f"has host {server.host}", "the server is deleted")
    elif server.host and claim is None:
        yield differs("server_without_claim", f"has host {server.host}", "no claim on any host")
    elif not server.host and server.status in ON_A_HOST:
        yield differs("server_without_host", "is said to be built", "it has no host")


def disk_gib(server: Server) -> int:
    """Return all the disk a server's flavor may fill, swap rounded up to a GiB."""
    flavor = server.on_host
    swap_gib = math.ceil((flavor.get("swap_mib") or 0) / 1024)
    return int(flavor.get("root_gib", 0) + (flavor.get("ephemeral_gib") or 0) + swap_gib)


def _size(vcpus: int, memory_mib: int, disk: int) -> str:
    return f"{vcpus} vcpus, {memory_mib} MiB, {disk} GiB"
