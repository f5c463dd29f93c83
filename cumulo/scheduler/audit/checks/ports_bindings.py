"""Ports, the servers they say they belong to, and the hosts they are bound to."""

from collections.abc import Iterator

from cumulo.common.audit.difference import Difference
from cumulo.scheduler.audit.checks.servers_claims import ON_A_HOST
from cumulo.scheduler.audit.facts import Facts, Port, Server

KINDS = {
    "port_of_missing_server": "A port was made with a server that is not there.",
    "port_of_deleted_server": "A port still belongs to a deleted server.",
    "port_bound_elsewhere": "A port is bound to another host than its server's.",
    "port_not_bound": "A server runs on a host that its port is not bound to.",
    "port_status": "A port's status does not fit its binding.",
    "sub_port_adrift": "A port that a trunk carries does not name the trunk as its device.",
    "sub_port_elsewhere": "A port that a trunk carries is bound to another host than the trunk's own port.",
    "port_not_active": "A port waits for its host, although the host has reached its revision.",
}


def differences(facts: Facts) -> Iterator[Difference]:
    """Compare every port but the network's own with its server and its binding."""
    for port in facts.database.ports:
        if not port.is_own_equipment:
            yield from _binding(port, facts.database.applied.get(port.host, 0))
        if port.is_of_server:
            yield from _device(port, facts.servers.get(port.device_id))
    for each in facts.database.sub_ports:
        if each.port_id in facts.ports and each.parent_id in facts.ports:
            yield from _carried(facts.ports[each.port_id], each.trunk_id, facts.ports[each.parent_id])


def _binding(port: Port, applied: int) -> Iterator[Difference]:
    if (port.status == "DOWN") != (port.host == ""):
        yield _differs("port_status", port, f"its status is {port.status}")
    elif port.status == "BUILD" and port.bound_revision <= applied:
        yield _differs("port_not_active", port, f"its status is BUILD, but {port.host} has reached revision {applied} "
                       f"and the port needs {port.bound_revision}")


def _device(port: Port, server: Server | None) -> Iterator[Difference]:
    if server is None:
        yield _differs("port_of_missing_server", port, f"no server row {port.device_id or 'is named'}")
    elif server.deleted_at is not None:
        yield _differs("port_of_deleted_server", port, f"server {server.id} is deleted")
    elif port.host and port.host != server.host:
        yield _differs("port_bound_elsewhere", port,
                       f"server {server.id} " + (f"has host {server.host}" if server.host else "has no host"))
    elif not port.host and server.host and server.status in ON_A_HOST:
        yield _differs("port_not_bound", port, f"server {server.id} has host {server.host}")


def _carried(port: Port, trunk_id: str, parent: Port) -> Iterator[Difference]:
    if (port.device_owner, port.device_id) != ("trunk:subport", trunk_id):
        yield _differs("sub_port_adrift", port, f"trunk {trunk_id} carries it, its device is {port.device_id or 'none'}")
    if port.host and port.host != parent.host:
        yield _differs("sub_port_elsewhere", port, f"port {parent.id} of trunk {trunk_id}, which carries it, is "
                       + (f"bound to {parent.host}" if parent.host else "bound nowhere"))


def _differs(kind: str, port: Port, other: str) -> Difference:
    place = f"bound to {port.host}" if port.host else "bound nowhere"
    return Difference(kind, port.id, f"port {port.id} is {place}", other, host=port.host,
                      server_id=port.device_id or None)
