"""Floating addresses: addresses of an external network that stand for addresses of ports.

Each holds its address by a port of the external network, and leads in through the router that has both a way out to
that network and a door into the subnet of the address it stands for.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from cumulo.common import errors
from cumulo.common.db.tables.network import port, port_address
from cumulo.common.db.tables.network_router import floating_ip, port_forwarding, router
from cumulo.common.flows import conflicts
from cumulo.common.ids import Ids
from cumulo.network import addresses, networks, ports, revisions, routers

Row = dict[str, Any]

OWNER = addresses.FLOATING
DEFAULTS: Row = {
    "description": "", "port_id": None, "fixed_ip_address": None, "router_id": None, "dns_name": "", "dns_domain": "",
    "qos_policy_id": None, "tags": [],
}


def list_floating_ips(connection: sa.Connection, *where: sa.ColumnElement[bool]) -> list[Row]:
    """Every floating address that meets the conditions, with the `port` it stands for and its `forwardings`.

    `is_answered` says whether a host answers for it: its server's, or the gateway of a router that is not distributed.
    """
    rows = [dict(row) for row in connection.execute(sa.select(floating_ip).where(*where)).mappings()]
    chosen = sa.select(floating_ip.c.id).where(*where)
    behind = sa.select(floating_ip.c.port_id).where(*where)
    details = {row["id"]: dict(row) for row in connection.execute(sa.select(port).where(
        port.c.id.in_(behind))).mappings()} if any(row["port_id"] for row in rows) else {}
    forwarded: dict[str, list[Row]] = {row["id"]: [] for row in rows}
    for each in list_forwardings(connection, port_forwarding.c.floating_ip_id.in_(chosen)) if rows else ():
        forwarded[each["floating_ip_id"]].append(each)
    unled = _without_gateway(connection) if any(row["router_id"] for row in rows) else set()
    return [row | {"port": details.get(row["port_id"]), "forwardings": forwarded[row["id"]],
                   "is_answered": row["router_id"] is not None and row["router_id"] not in unled} for row in rows]


def _without_gateway(connection: sa.Connection) -> set[str]:
    """The routers whose gateway is to answer for floating addresses and that have none."""
    return set(connection.execute(sa.select(router.c.id).where(
        router.c.distributed.is_(sa.false()), router.c.gateway_host == "")).scalars())


def get_floating_ip(connection: sa.Connection, floating_ip_id: str) -> Row:
    """The floating address; raises NotFound (FloatingIPNotFound)."""
    found = list_floating_ips(connection, floating_ip.c.id == floating_ip_id)
    if not found:
        raise not_found(floating_ip_id)
    return found[0]


def not_found(floating_ip_id: str) -> errors.NotFound:
    """The error for a floating address that is not there, or not there for the caller."""
    return errors.NotFound(f"Floating IP {floating_ip_id} could not be found", kind="FloatingIPNotFound")


def create_floating_ip(connection: sa.Connection, ids: Ids, now: float, *, project_id: str, network_id: str,
                       values: Mapping[str, Any], address: str | None = None, subnet_id: str | None = None) -> Row:
    """Take an address of an external network, the one asked for or any, and return it; it stands for nothing yet."""
    of_network = networks.get_network(connection, network_id)
    if not of_network["external"]:
        raise errors.BadRequest(f"Bad floatingip request: Network {network_id} is not a valid external network.",
                                kind="BadRequest")
    floating_id = ids.new_id()
    wish = {key: value for key, value in (("subnet_id", subnet_id), ("ip_address", address)) if value}
    held = ports.insert_port(
        connection, ids, now, project_id="", network_id=network_id, wanted=[wish or _any_ipv4(connection, network_id)],
        values={"device_id": floating_id, "device_owner": OWNER}, groups=())
    taken = held["fixed_ips"][0]["ip_address"]
    if ipaddress.ip_address(taken).version != 4:
        raise errors.BadRequest("Bad floatingip request: a floating address is of IPv4.", kind="BadRequest")
    connection.execute(sa.insert(floating_ip).values(
        id=floating_id, project_id=project_id, floating_network_id=network_id, floating_ip_address=taken,
        floating_port_id=held["id"], created_at=now, updated_at=now, revision_number=1, **(DEFAULTS | dict(values))))
    return get_floating_ip(connection, floating_id)


def update_floating_ip(connection: sa.Connection, now: float, floating_ip_id: str, values: Mapping[str, Any]) -> Row:
    """Change what is said of it, not what it stands for."""
    if "qos_policy_id" in values:
        revisions.lock(connection)
        revisions.note(connection, {get_floating_ip(connection, floating_ip_id)["router_id"]} - {None})
    _write(connection, now, floating_ip_id, values)
    return get_floating_ip(connection, floating_ip_id)


def associate(connection: sa.Connection, now: float, floating_ip_id: str, port_row: Row, fixed: str | None) -> Row:
    """Let it stand for an address of the port: the one named, or the port's only IPv4 address."""
    revisions.lock(connection)
    row = get_floating_ip(connection, floating_ip_id)
    if row["forwardings"]:
        raise errors.Conflict(f"Floating IP {floating_ip_id} has port forwardings: it cannot stand for a port as a whole.",
                              kind="FipInUseByPortForwarding")
    chosen = _fixed_address(port_row, fixed)
    router_id = _router_between(connection, row["floating_network_id"], chosen["subnet_id"], port_row)
    _check_free(connection, row, port_row, chosen["ip_address"])
    values = {"port_id": port_row["id"], "fixed_ip_address": chosen["ip_address"], "router_id": router_id}
    try:
        with connection.begin_nested():
            _write(connection, now, floating_ip_id, values)
    except IntegrityError as failure:
        raise _already(row, port_row, chosen["ip_address"]) from failure
    revisions.note(connection, {router_id, row["router_id"]} - {None})
    return get_floating_ip(connection, floating_ip_id)


def disassociate(connection: sa.Connection, now: float, floating_ip_id: str) -> Row:
    """Let it stand for nothing; idempotent."""
    revisions.lock(connection)
    row = get_floating_ip(connection, floating_ip_id)
    if row["port_id"] is not None:
        revisions.note(connection, [row["router_id"]])
        _write(connection, now, floating_ip_id, {"port_id": None, "fixed_ip_address": None, "router_id": None})
    return get_floating_ip(connection, floating_ip_id)


def delete_floating_ip(connection: sa.Connection, now: float, floating_ip_id: str) -> None:
    """Give the address back; what was forwarded from it is forgotten."""
    row = disassociate(connection, now, floating_ip_id)
    if row["forwardings"]:
        raise errors.Conflict(f"Floating IP {floating_ip_id} in use: it has port forwardings.",
                              kind="FipInUseByPortForwarding")
    connection.execute(sa.delete(floating_ip).where(floating_ip.c.id == floating_ip_id))
    ports.delete_port(connection, now, row["floating_port_id"])


def of_port(connection: sa.Connection, port_id: str) -> list[str]:
    """The floating addresses that stand for the port, whole or in part."""
    whole = sa.select(floating_ip.c.id).where(floating_ip.c.port_id == port_id)
    part = sa.select(port_forwarding.c.floating_ip_id).where(port_forwarding.c.internal_port_id == port_id)
    return sorted({*connection.execute(whole).scalars(), *connection.execute(part).scalars()})


def routers_of_ports(connection: sa.Connection, port_ids: Iterable[str]) -> list[str]:
    """The routers through which floating addresses lead to these ports."""
    named = sorted(set(port_ids))
    whole = sa.select(floating_ip.c.router_id).where(floating_ip.c.port_id.in_(named))
    part = sa.select(floating_ip.c.router_id).join(
        port_forwarding, port_forwarding.c.floating_ip_id == floating_ip.c.id).where(
            port_forwarding.c.internal_port_id.in_(named))
    return sorted({*connection.execute(whole).scalars(), *connection.execute(part).scalars()} - {None})


def list_forwardings(connection: sa.Connection, *where: sa.ColumnElement[bool]) -> list[Row]:
    """Every port forwarding that meets the conditions, oldest first."""
    statement = sa.select(port_forwarding).where(*where).order_by(port_forwarding.c.created_at, port_forwarding.c.id)
    return [dict(row) for row in connection.execute(statement).mappings()]


def forwarding_not_found(forwarding_id: str) -> errors.NotFound:
    """The error for a port forwarding that is not there, or not there for the caller."""
    return errors.NotFound(f"Port Forwarding {forwarding_id} could not be found.", kind="PortForwardingNotFound")


def create_forwarding(connection: sa.Connection, ids: Ids, now: float, floating: Row, port_row: Row,
                      values: Mapping[str, Any]) -> Row:
    """Forward one port of a floating address to a port of a server behind a router."""
    revisions.lock(connection)
    forwarding_id = ids.new_id()
    row = {"description": ""} | dict(values) | _target(connection, floating, port_row, values)
    _check_forwarding(connection, floating["id"], row)
    connection.execute(sa.insert(port_forwarding).values(
        id=forwarding_id, floating_ip_id=floating["id"], created_at=now, updated_at=now, revision_number=1,
        **{name: row[name] for name in _FORWARDED}))
    _lead_through(connection, now, floating, row["router_id"])
    return list_forwardings(connection, port_forwarding.c.id == forwarding_id)[0]


def update_forwarding(connection: sa.Connection, now: float, floating: Row, before: Row, port_row: Row,
                      values: Mapping[str, Any]) -> Row:
    """Change a port forwarding; what it leads to is looked for anew."""
    revisions.lock(connection)
    merged = before | dict(values)
    if "internal_port_id" in values and "internal_ip_address" not in values:
        merged["internal_ip_address"] = None
    row = merged | _target(connection, floating, port_row, merged)
    _check_forwarding(connection, floating["id"], row, but=before["id"])
    connection.execute(sa.update(port_forwarding).where(port_forwarding.c.id == before["id"]).values(
        updated_at=now, revision_number=port_forwarding.c.revision_number + 1,
        **{name: row[name] for name in _FORWARDED}))
    _lead_through(connection, now, floating, row["router_id"])
    return list_forwardings(connection, port_forwarding.c.id == before["id"])[0]


def delete_forwarding(connection: sa.Connection, now: float, floating_ip_id: str, forwarding_id: str) -> None:
    """Forward no longer; with the last one the floating address leads through no router any more."""
    revisions.lock(connection)
    row = get_floating_ip(connection, floating_ip_id)
    if row["router_id"]:
        revisions.note(connection, [row["router_id"]])
    gone = connection.execute(sa.delete(port_forwarding).where(
        port_forwarding.c.id == forwarding_id, port_forwarding.c.floating_ip_id == floating_ip_id))
    if not gone.rowcount:
        raise forwarding_not_found(forwarding_id)
    if len(row["forwardings"]) == 1:
        _write(connection, now, floating_ip_id, {"router_id": None})


_FORWARDED = ("description", "protocol", "external_port", "internal_port_id", "internal_ip_address", "internal_port")


def _target(connection: sa.Connection, floating: Row, port_row: Row, values: Mapping[str, Any]) -> Row:
    if floating["port_id"] is not None:
        raise errors.Conflict(f"Floating IP {floating['id']} stands for a port as a whole: nothing of it can be forwarded.",
                              kind="PortHasBindingFloatingIP")
    chosen = _fixed_address(port_row, values.get("internal_ip_address"))
    router_id = _router_between(connection, floating["floating_network_id"], chosen["subnet_id"], port_row)
    if floating["router_id"] not in (None, router_id):
        raise errors.BadRequest("Bad port_forwarding request: all of them lead through one router.", kind="BadRequest")
    return {"internal_port_id": port_row["id"], "internal_ip_address": chosen["ip_address"], "router_id": router_id}


def _check_forwarding(connection: sa.Connection, floating_ip_id: str, row: Row, but: str = "") -> None:
    others = [each for each in list_forwardings(connection, port_forwarding.c.floating_ip_id == floating_ip_id)
              if each["id"] != but and each["protocol"] == row["protocol"]]
    inner = ("internal_port_id", "internal_ip_address", "internal_port")
    if any(each["external_port"] == row["external_port"] or all(each[name] == row[name] for name in inner)
           for each in others):
        raise errors.Conflict("Bad port_forwarding request: A duplicate port forwarding entry with same attributes already "
                              "exists.", kind="PortForwardingAlreadyExists")


def _lead_through(connection: sa.Connection, now: float, floating: Row, router_id: str) -> None:
    revisions.note(connection, [router_id])
    if floating["router_id"] is None:
        _write(connection, now, floating["id"], {"router_id": router_id})


def _any_ipv4(connection: sa.Connection, network_id: str) -> dict[str, str]:
    """The first IPv4 subnet of the network with an address to give."""
    for each in networks.subnets_of(connection, [network_id]):
        if each["ip_version"] == 4 and addresses.serves(each, OWNER) and addresses.first_free(
                each["allocation_pools"], addresses.used_addresses(connection, each["id"])):
            return {"subnet_id": each["id"]}
    raise errors.Conflict(f"No more IP addresses available on network {network_id}.", kind="IpAddressGenerationFailure")


def _fixed_address(port_row: Row, wanted: str | None) -> dict[str, str]:
    held = [each for each in port_row["fixed_ips"] if ipaddress.ip_address(each["ip_address"]).version == 4]
    if wanted is not None:
        text = str(addresses.parse(wanted))
        found = next((each for each in held if each["ip_address"] == text), None)
        if found is None:
            raise _bad(f"Port {port_row['id']} does not have fixed ip {wanted}")
        return dict(found)
    if len(held) != 1:
        raise _bad(f"Cannot add floating IP to port {port_row['id']} that has no fixed IPv4 addresses" if not held else
                   f"Port {port_row['id']} has multiple fixed IPv4 addresses. Must provide a specific IPv4 address when "
                   "assigning a floating IP")
    return dict(held[0])


def _router_between(connection: sa.Connection, external_network_id: str, subnet_id: str, port_row: Row) -> str:
    statement = (
        sa.select(router.c.id)
        .join(port, (port.c.device_id == router.c.id) & (port.c.device_owner == routers.ROUTER_INTERFACE))
        .join(port_address, port_address.c.port_id == port.c.id)
        .where(router.c.external_network_id == external_network_id, port_address.c.subnet_id == subnet_id)
        .order_by(router.c.created_at, router.c.id).limit(1))
    found = connection.execute(statement).scalar()
    if found is None:
        raise errors.NotFound(
            f"External network {external_network_id} is not reachable from subnet {subnet_id}. Therefore, cannot associate "
            f"Port {port_row['id']} with a Floating IP.", kind="ExternalGatewayForFloatingIPNotFound")
    return str(found)


def _check_free(connection: sa.Connection, row: Row, port_row: Row, address: str) -> None:
    other = connection.execute(sa.select(floating_ip.c.id).where(
        floating_ip.c.floating_network_id == row["floating_network_id"], floating_ip.c.port_id == port_row["id"],
        floating_ip.c.fixed_ip_address == address, floating_ip.c.id != row["id"])).scalar()
    if other is not None:
        conflicts.meet("give a port a floating address", "another that stands for it", _already(row, port_row, address))


def _already(row: Row, port_row: Row, address: str) -> errors.Conflict:
    return errors.Conflict(
        f"Cannot associate floating IP {row['floating_ip_address']} ({row['id']}) with port {port_row['id']} using fixed IP "
        f"{address}, as that fixed IP already has a floating IP on external network {row['floating_network_id']}.",
        kind="FloatingIPPortAlreadyAssociated")


def _write(connection: sa.Connection, now: float, floating_ip_id: str, values: Mapping[str, Any]) -> None:
    done = connection.execute(sa.update(floating_ip).where(floating_ip.c.id == floating_ip_id).values(
        updated_at=now, revision_number=floating_ip.c.revision_number + 1, **values))
    if not done.rowcount:
        raise not_found(floating_ip_id)


def _bad(message: str) -> errors.BadRequest:
    return errors.BadRequest(f"Bad floatingip request: {message}.", kind="BadRequest")
