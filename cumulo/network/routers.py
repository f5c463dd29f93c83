"""Routers: rows, their doors into networks, and their way out.

A router's door into a network is a port with device_owner ROUTER_INTERFACE and the router's id as device_id; its way out
is a port of an external network. Only this module makes such ports: the ports API lets nobody else write these
device_owners, so what claims to be a router's door is one.

Routers are distributed: a host that has a port in one of their networks routes for it. `gateway_host` is the one host
that translates for servers without a floating address; the control plane moves it.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from cumulo.common import errors
from cumulo.common.db.tables.network import port, port_address, subnet
from cumulo.common.db.tables.network_router import auto_allocated_topology, floating_ip, router
from cumulo.common.flows import conflicts
from cumulo.common.ids import Ids
from cumulo.network import address_scopes, gateways, networks, ports, ranges, revisions, routed

Row = dict[str, Any]

ROUTER_INTERFACE = "network:router_interface"
ROUTER_GATEWAY = "network:router_gateway"
MOST_ROUTES = 30
DEFAULTS: Row = {
    "name": "", "description": "", "admin_state_up": True, "external_network_id": None, "gateway_port_id": None,
    "enable_snat": True, "gateway_host": "", "standby_host": "", "distributed": True, "ha": True, "flavor_id": None, "routes": [],
    "availability_zone_hints": [], "tags": [],
}


def list_routers(connection: sa.Connection, *where: sa.ColumnElement[bool]) -> list[Row]:
    """Every router that meets the conditions, each with the addresses of its way out in `external_fixed_ips`."""
    rows = [dict(row) for row in connection.execute(sa.select(router).where(*where)).mappings()]
    held: dict[str, list[dict[str, str]]] = {row["gateway_port_id"]: [] for row in rows if row["gateway_port_id"]}
    statement = sa.select(port_address.c.port_id, port_address.c.subnet_id, port_address.c.ip_address).where(
        port_address.c.port_id.in_(sa.select(router.c.gateway_port_id).where(*where))).order_by(port_address.c.position)
    for port_id, subnet_id, address in connection.execute(statement) if held else ():
        held[port_id].append({"subnet_id": subnet_id, "ip_address": address})
    return [row | {"external_fixed_ips": held.get(row["gateway_port_id"], [])} for row in rows]


def get_router(connection: sa.Connection, router_id: str) -> Row:
    """The router; raises NotFound (RouterNotFound)."""
    found = list_routers(connection, router.c.id == router_id)
    if not found:
        raise not_found(router_id)
    return found[0]


def not_found(router_id: str) -> errors.NotFound:
    """The error for a router that is not there, or not there for the caller."""
    return errors.NotFound(f"Router {router_id} could not be found", kind="RouterNotFound")


def create_router(connection: sa.Connection, ids: Ids, now: float, *, project_id: str,
                  values: Mapping[str, Any]) -> Row:
    """Insert a router without doors and return it."""
    router_id = ids.new_id()
    revisions.advance_new(connection, router_id)
    row = DEFAULTS | dict(values)
    connection.execute(sa.insert(router).values(
        id=router_id, project_id=project_id, created_at=now, updated_at=now, revision_number=1, **row))
    return get_router(connection, router_id)


def update_router(connection: sa.Connection, now: float, router_id: str, values: Mapping[str, Any]) -> Row:
    """Change columns of a router; `routes` are checked against its doors."""
    advance(connection, router_id)
    changed = dict(values)
    if "routes" in changed:
        changed["routes"] = _checked_routes(connection, get_router(connection, router_id), changed["routes"])
    if changed.get("ha") is False:
        changed["standby_host"] = ""
    _write(connection, now, router_id, changed)
    return get_router(connection, router_id)


def delete_router(connection: sa.Connection, now: float, router_id: str) -> None:
    """Delete a router with its way out; raises Conflict (RouterInUse) while it has a door into a network."""
    advance(connection, router_id)
    before = get_router(connection, router_id)
    if interfaces(connection, router_id):
        conflicts.meet("delete a router", "a network behind it", errors.Conflict(
            f"Router {router_id} still has ports", kind="RouterInUse"))
    connection.execute(sa.delete(auto_allocated_topology).where(auto_allocated_topology.c.router_id == router_id))
    connection.execute(sa.delete(router).where(router.c.id == router_id))
    if before["gateway_port_id"]:
        ports.delete_port(connection, now, before["gateway_port_id"])


def set_gateway(connection: sa.Connection, ids: Ids, now: float, router_id: str, *, network_id: str,
                enable_snat: bool | None, wanted: Sequence[Mapping[str, str]] | None) -> Row:
    """Let the router out through an external network; the same network again changes addresses and translation alone."""
    advance(connection, router_id)
    before = get_router(connection, router_id)
    if before["external_network_id"] != network_id:
        clear_gateway(connection, now, router_id)
        _check_external(connection, router_id, network_id)
        routed.refuse_router(networks.subnets_of(connection, [network_id]))
        made = ports.insert_port(
            connection, ids, now, project_id="", network_id=network_id, wanted=wanted or None,
            values={"device_id": router_id, "device_owner": ROUTER_GATEWAY}, groups=())
        _write(connection, now, router_id, {"external_network_id": network_id, "gateway_port_id": made["id"],
                                            **gateways.pair(connection, network_id, moves=before["ha"])})
    elif wanted:
        ports.update_port(connection, now, before["gateway_port_id"], {}, wanted)
    if enable_snat is not None:
        _write(connection, now, router_id, {"enable_snat": enable_snat})
    advance(connection, router_id)
    return get_router(connection, router_id)


def clear_gateway(connection: sa.Connection, now: float, router_id: str) -> Row:
    """Take the router's way out; raises Conflict while a floating address leads in through it."""
    advance(connection, router_id)
    before = get_router(connection, router_id)
    if before["gateway_port_id"] is None:
        return before
    if connection.execute(sa.select(floating_ip.c.id).where(floating_ip.c.router_id == router_id).limit(1)).first():
        conflicts.meet("take a router's gateway", "a floating address behind it", errors.Conflict(
            f"Gateway cannot be updated for router {router_id}, since a gateway to external network "
            f"{before['external_network_id']} is required by one or more floating IPs.",
            kind="RouterExternalGatewayInUseByFloatingIp"))
    _write(connection, now, router_id, {
        "external_network_id": None, "gateway_port_id": None, "enable_snat": True, "gateway_host": "",
        "standby_host": "", "refused_hosts": []})
    ports.delete_port(connection, now, before["gateway_port_id"])
    return get_router(connection, router_id)


def interfaces(connection: sa.Connection, router_id: str) -> list[Row]:
    """The router's doors into networks, oldest first: ports with their addresses."""
    found = ports.list_ports(connection, port.c.device_id == router_id, port.c.device_owner == ROUTER_INTERFACE)
    return sorted(found, key=lambda row: (row["created_at"], row["id"]))


def add_subnet(connection: sa.Connection, ids: Ids, now: float, router_row: Row, of_subnet: Row) -> Row:
    """Give the router a door into a subnet, at the subnet's gateway address; return the port."""
    advance(connection, router_row["id"], of_subnet["network_id"])
    if of_subnet["gateway_ip"] is None:
        raise _bad("Subnet for router interface must have a gateway IP")
    routed.refuse_router([of_subnet])
    held = interfaces(connection, router_row["id"])
    _check_overlap(connection, router_row["id"], held, [of_subnet])
    wish = {"subnet_id": of_subnet["id"], "ip_address": of_subnet["gateway_ip"]}
    same = next((each for each in held if each["network_id"] == of_subnet["network_id"]), None)
    if same is not None and of_subnet["ip_version"] == 6:
        # One door is enough for all prefixes of a network: routers announce them together.
        return ports.update_port(connection, now, same["id"], {}, [*same["fixed_ips"], wish])
    return ports.insert_port(
        connection, ids, now, project_id=router_row["project_id"], network_id=of_subnet["network_id"], wanted=[wish],
        values={"device_id": router_row["id"], "device_owner": ROUTER_INTERFACE}, groups=())


def add_port(connection: sa.Connection, now: float, router_row: Row, port_row: Row) -> Row:
    """Make a port that is there the router's door; return it."""
    advance(connection, router_row["id"], port_row["network_id"])
    if port_row["device_id"] or port_row["binding_host_id"]:
        raise errors.Conflict(f"Unable to complete operation on port {port_row['id']} for network "
                              f"{port_row['network_id']}. Port already has an attached device {port_row['device_id']}.",
                              kind="PortInUse")
    if not port_row["fixed_ips"]:
        raise _bad("Router port must have at least one fixed IP")
    routed.refuse_router(_subnets_of_port(connection, port_row))
    _check_overlap(connection, router_row["id"], interfaces(connection, router_row["id"]),
                   _subnets_of_port(connection, port_row))
    return ports.update_port(connection, now, port_row["id"], {
        "device_id": router_row["id"], "device_owner": ROUTER_INTERFACE, "status": "ACTIVE"})


def remove_interface(connection: sa.Connection, now: float, router_row: Row, *, port_id: str | None,
                     subnet_id: str | None) -> tuple[Row, list[str]]:
    """Take a door out by its port, its subnet or both; return the port as it was, and the subnets taken out."""
    router_id = router_row["id"]
    advance(connection, router_id)
    door = _door(connection, router_id, port_id, subnet_id)
    held = [each["subnet_id"] for each in door["fixed_ips"]]
    leaving = held if port_id else [str(subnet_id)]
    _check_unused(connection, router_row, leaving)
    revisions.note(connection, [door["network_id"]])
    staying = [each for each in door["fixed_ips"] if each["subnet_id"] not in leaving]
    if staying:
        ports.update_port(connection, now, door["id"], {}, staying)
    else:
        ports.delete_port(connection, now, door["id"])
    return door, leaving


def check_addresses(connection: sa.Connection, door: Row, wanted: Sequence[Mapping[str, str]]) -> None:
    """Raise where a door, changed by the ports API, would lead into a range that the router reaches already."""
    others = [each for each in interfaces(connection, door["device_id"]) if each["id"] != door["id"]]
    named = {each["subnet_id"] for each in wanted if each.get("subnet_id")}
    _check_overlap(connection, door["device_id"], others, [
        each for each in networks.subnets_of(connection, [door["network_id"]]) if each["id"] in named])
    gone = {each["subnet_id"] for each in door["fixed_ips"]} - named
    _check_unused(connection, get_router(connection, door["device_id"]), sorted(gone))


def advance(connection: sa.Connection, router_id: str, *more: str) -> int:
    """Begin a revision in which the router changes, and what else is named."""
    return revisions.advance(connection, router_id, *more)


def hosts_of_routers(connection: sa.Connection, router_ids: Iterable[str]) -> set[str]:
    """The hosts that a change of these routers concerns: those with a port behind them, and those that translate."""
    named = sorted({each for each in router_ids if each})
    if not named:
        return set()
    behind = sa.select(port.c.network_id).where(port.c.device_id.in_(named), port.c.device_owner == ROUTER_INTERFACE)
    statement = sa.select(port.c.binding_host_id).distinct().where(
        port.c.binding_host_id != "", port.c.network_id.in_(behind))
    outward = connection.execute(sa.select(router.c.gateway_host, router.c.standby_host).where(router.c.id.in_(named)))
    return {*connection.execute(statement).scalars(), *(host for row in outward for host in row if host)}


def routers_of_networks(connection: sa.Connection, network_ids: Iterable[str]) -> list[str]:
    """The routers with a door into one of these networks."""
    return sorted(connection.execute(sa.select(port.c.device_id).distinct().where(
        port.c.network_id.in_(sorted(set(network_ids))), port.c.device_owner == ROUTER_INTERFACE)).scalars())


def add_routes(connection: sa.Connection, now: float, router_id: str, more: Sequence[Mapping[str, str]]) -> Row:
    """Add extra routes; those that are there already stay."""
    advance(connection, router_id)
    before = get_router(connection, router_id)
    added = [each for each in _normal_routes(more) if each not in before["routes"]]
    return update_router(connection, now, router_id, {"routes": [*before["routes"], *added]})


def remove_routes(connection: sa.Connection, now: float, router_id: str, fewer: Sequence[Mapping[str, str]]) -> Row:
    """Take extra routes out; those that are not there are as good as taken."""
    advance(connection, router_id)
    unwanted = _normal_routes(fewer)
    before = get_router(connection, router_id)
    return update_router(connection, now, router_id, {
        "routes": [each for each in before["routes"] if each not in unwanted]})


def _write(connection: sa.Connection, now: float, router_id: str, changed: Mapping[str, Any]) -> None:
    done = connection.execute(sa.update(router).where(router.c.id == router_id).values(
        updated_at=now, revision_number=router.c.revision_number + 1, **changed))
    if not done.rowcount:
        raise not_found(router_id)


def _door(connection: sa.Connection, router_id: str, port_id: str | None, subnet_id: str | None) -> Row:
    for door in interfaces(connection, router_id):
        held = [each["subnet_id"] for each in door["fixed_ips"]]
        if port_id == door["id"] and subnet_id is not None and subnet_id not in held:
            raise errors.Conflict(f"Subnet {subnet_id} on port {port_id} not associated with router {router_id}",
                                  kind="SubnetMismatchForPort")
        if port_id == door["id"] or port_id is None and subnet_id in held:
            return door
    raise errors.NotFound(
        f"Router {router_id} does not have an interface with id {port_id}" if port_id else
        f"Router {router_id} has no interface on subnet {subnet_id}",
        kind="RouterInterfaceNotFound" if port_id else "RouterInterfaceNotFoundForSubnet")


def _check_unused(connection: sa.Connection, router_row: Row, subnet_ids: Sequence[str]) -> None:
    """Raise Conflict where a floating address or an extra route leads through one of these doors."""
    behind = (sa.select(floating_ip.c.id)
              .join(port_address, (port_address.c.port_id == floating_ip.c.port_id)
                    & (port_address.c.ip_address == floating_ip.c.fixed_ip_address))
              .where(floating_ip.c.router_id == router_row["id"], port_address.c.subnet_id.in_(subnet_ids)).limit(1))
    if connection.execute(behind).first():
        conflicts.meet("take a network from a router", "a floating address behind it", errors.Conflict(
            f"Router interface for subnet {subnet_ids[0]} on router {router_row['id']} cannot be deleted, as it is required "
            "by one or more floating IPs.", kind="RouterInterfaceInUseByFloatingIP"))
    leaving = [ipaddress.ip_network(text) for text in connection.execute(
        sa.select(subnet.c.cidr).where(subnet.c.id.in_(subnet_ids))).scalars()]
    for route in router_row["routes"]:
        if any(ipaddress.ip_address(route["nexthop"]) in each for each in leaving):
            raise errors.Conflict(
                f"Router interface for subnet {subnet_ids[0]} on router {router_row['id']} cannot be deleted, as it is "
                "required by one or more routes.", kind="RouterInterfaceInUseByRoute")


def _check_external(connection: sa.Connection, router_id: str, network_id: str) -> None:
    row = networks.get_network(connection, network_id)
    if not row["external"]:
        raise _bad(f"Network {network_id} is not an external network")
    if any(each["network_id"] == network_id for each in interfaces(connection, router_id)):
        raise _bad(f"Network {network_id} is behind the router already.")


def _check_overlap(connection: sa.Connection, router_id: str, held: Sequence[Row], new: Sequence[Row]) -> None:
    named = {each["subnet_id"] for door in held for each in door["fixed_ips"]}
    there = connection.execute(sa.select(subnet.c.id, subnet.c.cidr).where(subnet.c.id.in_(sorted(named)))).all()
    for each in new:
        cidr = ipaddress.ip_network(each["cidr"])
        for subnet_id, text in there:
            other = ipaddress.ip_network(text)
            if subnet_id == each["id"]:
                raise _bad(f"Router already has a port on subnet {subnet_id}")
            if other.version == cidr.version and other.overlaps(cidr):
                raise _bad(f"Cidr {cidr} of subnet {each['id']} overlaps with cidr {text} of subnet {subnet_id}, which is "
                           f"behind router {router_id} already")
    address_scopes.check_router(connection, router_id, [each["id"] for each in new])


def _subnets_of_port(connection: sa.Connection, port_row: Row) -> list[Row]:
    held = {each["subnet_id"] for each in port_row["fixed_ips"]}
    found = [each for each in networks.subnets_of(connection, [port_row["network_id"]]) if each["id"] in held]
    if sum(each["ip_version"] == 4 for each in found) > 1:
        raise _bad("Cannot have multiple IPv4 subnets on router port")
    return found


def _normal_routes(asked: Sequence[Mapping[str, str]]) -> list[Row]:
    found = []
    for each in asked:
        try:
            destination = ipaddress.ip_network(each["destination"], strict=False)
            next_hop = ipaddress.ip_address(each["nexthop"])
        except ValueError:
            raise ranges.invalid(f"'{each['destination'][:64]}' by '{each['nexthop'][:64]}' is no route.") from None
        if destination.version != next_hop.version:
            raise ranges.invalid("A route and its next hop must be of the same IP version.")
        found.append({"destination": str(destination), "nexthop": str(next_hop)})
    return found


def _checked_routes(connection: sa.Connection, row: Row, asked: Sequence[Mapping[str, str]]) -> list[Row]:
    """The routes in their one form; raises BadRequest for a next hop that the router cannot reach, or is itself."""
    found = _normal_routes(asked)
    if len(found) > MOST_ROUTES:
        raise errors.BadRequest(f"Unable to complete operation for {row['id']}. The number of routes exceeds the maximum "
                                f"{MOST_ROUTES}.", kind="RoutesExhausted")
    own = [each for door in interfaces(connection, row["id"]) for each in door["fixed_ips"]] + row["external_fixed_ips"]
    reached = connection.execute(sa.select(subnet.c.cidr).where(
        subnet.c.id.in_(sorted({each["subnet_id"] for each in own})))).scalars().all()
    for number, each in enumerate(found):
        next_hop = ipaddress.ip_address(each["nexthop"])
        if not any(next_hop in ipaddress.ip_network(cidr) for cidr in reached):
            raise _bad_route("the nexthop is not connected with router", each)
        if each["nexthop"] in [address["ip_address"] for address in own]:
            raise _bad_route("the nexthop is used by router", each)
        if each in found[:number]:
            raise ranges.invalid(f"Duplicate items in the list: '{each['destination']}'")
    return found


def _bad_route(why: str, route: Row) -> errors.BadRequest:
    return errors.BadRequest(f"Invalid format for routes: {route['destination']} by {route['nexthop']}, {why}",
                             kind="InvalidRoutes")


def _bad(message: str) -> errors.BadRequest:
    return errors.BadRequest(f"Bad router request: {message}.", kind="BadRequest")

