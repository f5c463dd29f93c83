"""Ports: a network card's place in a network, its addresses, and the host it is bound to.

A port's `status` is DOWN while it is bound nowhere, BUILD from the binding until its host reports
that the network is as desired, and ACTIVE from then on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from cumulo.common import errors
from cumulo.common.context import Context
from cumulo.common.db.rows import dicts
from cumulo.common.db.tables.network import network, network_host, port
from cumulo.common.db.tables.network_sharing import port_binding
from cumulo.common.ids import Ids
from cumulo.network import (
    addresses,
    networks,
    port_attributes,
    revisions,
    routed,
    security_groups,
    stand_ins,
    trunk_ports,
)
from cumulo.network.networks import Row

DEFAULTS: Row = {
    "name": "", "description": "", "admin_state_up": True, "device_id": "", "device_owner": "", "hostname": "",
    "binding_host_id": "", "binding_vnic_type": "normal", "binding_profile": {}, "dns_name": "", "dns_domain": "",
    "allowed_address_pairs": [], "extra_dhcp_opts": [], "qos_policy_id": None, "tags": [],
}

_OF_NETWORK = sa.select(network.c.port_security_enabled, network.c.dns_domain).where(network.c.id == sa.bindparam("its_network"))
_FEW = 50
OWN_EQUIPMENT = "network:"
"""What device_owner begins with where the port is the network's own: nothing is filtered there."""


_SHOWN = sa.select(
    port, network.c.dns_domain.label("network_dns_domain"), network_host.c.mechanism.label("binding_mechanism"),
).join(network, network.c.id == port.c.network_id).outerjoin(network_host, network_host.c.host == port.c.binding_host_id)


# Statements of every flow, built once: that costs more than running them.
_SHOWN_ONE = _SHOWN.where(port.c.id == sa.bindparam("its_id"))
_NETWORK_OF = sa.select(port.c.network_id).where(port.c.id == sa.bindparam("its_id"))
_WRITE = sa.update(port).where(port.c.id == sa.bindparam("its_id")).values(revision_number=port.c.revision_number + 1)


def list_ports(connection: sa.Connection, *where: sa.ColumnElement[bool]) -> list[Row]:
    """Every port that meets the conditions, with its `fixed_ips`, the ids of its `security_groups`, its host's mechanism."""
    rows = dicts(connection.execute(_SHOWN.where(*where)))
    port_ids = [row["id"] for row in rows]
    return _with_details(connection, rows, port_ids, named(port_ids, *where))


def _with_details(connection: sa.Connection, rows: list[Row], port_ids: list[str], chosen: Any) -> list[Row]:
    held, groups = addresses.of_ports(connection, port_ids, chosen), security_groups.of_ports(connection, port_ids, chosen)
    return [row | {"fixed_ips": held[row["id"]], "security_groups": groups[row["id"]]} for row in rows]


def named(port_ids: Sequence[str], *where: sa.ColumnElement[bool]) -> Any:
    """What port ids are looked for by beside ports that met these conditions: themselves, or the conditions for many."""
    return port_ids if len(port_ids) <= _FEW else sa.select(port.c.id).where(*where)


def get_port(connection: sa.Connection, port_id: str) -> Row:
    """The port; raises NotFound (PortNotFound)."""
    rows = dicts(connection.execute(_SHOWN_ONE, {"its_id": port_id}))
    if not rows:
        raise not_found(port_id)
    return _with_details(connection, rows, [port_id], [port_id])[0]


def not_found(port_id: str) -> errors.NotFound:
    """The error for a port that is not there, or not there for the caller."""
    return errors.NotFound(f"Port {port_id} could not be found.", kind="PortNotFound")


def is_of_a_server() -> sa.ColumnElement[bool]:
    """The condition for a port that was made with the server it names.

    Anybody may write any device_id into a port of theirs. Only ports made with a server have a host
    name, which no API sets; what else names a server is no part of it, and stays when it goes.
    """
    return port.c.hostname != ""


def was_made_with_server(row: Mapping[str, Any]) -> bool:
    """Say the same of a port's row."""
    return bool(row["hostname"])


def ports_of_device(connection: sa.Connection, device_id: str) -> list[Row]:
    """The ports made with a server, oldest first."""
    found = list_ports(connection, port.c.device_id == device_id, is_of_a_server())
    return sorted(found, key=lambda row: (row["created_at"], row["id"]))


def create_port(connection: sa.Connection, ids: Ids, now: float, *, context: Context, network_id: str,
                fixed_ip: str | None = None, device_id: str = "", device_owner: str = "",
                mac_address: str | None = None, name: str = "", hostname: str = "",
                groups: Sequence[str] | None = None) -> Row:
    """Insert a port in the caller's project and return it, as a server's build needs it.

    fixed_ip None: an address of each IP version the network has. hostname is what DHCP tells the guest.
    groups None: the project's default security group.
    """
    values = {"device_id": device_id, "device_owner": device_owner, "name": name, "hostname": hostname}
    if mac_address is not None:
        values["mac_address"] = mac_address
    return insert_port(connection, ids, now, project_id=context.project_id or "", network_id=network_id,
                       values=values, wanted=None if fixed_ip is None else [{"ip_address": fixed_ip}], groups=groups)


def insert_port(connection: sa.Connection, ids: Ids, now: float, *, project_id: str, network_id: str,
                values: Mapping[str, Any], wanted: Sequence[Mapping[str, str]] | None,
                groups: Sequence[str] | None = None) -> Row:
    """Insert a port with the columns of `values` over DEFAULTS; `wanted` as in addresses.allocate.

    groups None: the project's default security group, made now if need be, where the port filters at all.
    """
    revision = revisions.advance(connection, network_id)
    found = connection.execute(_OF_NETWORK, {"its_network": network_id}).first()
    if found is None:
        raise networks.not_found(network_id)
    filters, domain = found
    is_own = str(values.get("device_owner", "")).startswith(OWN_EQUIPMENT)
    row = DEFAULTS | {"port_security_enabled": filters and not is_own} | dict(values)
    card = _mac_address(connection, ids, network_id, row.get("mac_address"))
    row["mac_address"] = card
    row["allowed_address_pairs"] = port_attributes.address_pairs(row["allowed_address_pairs"], card)
    row["extra_dhcp_opts"] = port_attributes.dhcp_options(row["extra_dhcp_opts"])
    _check_security(row, groups or ())
    if groups is None:
        groups = ([security_groups.ensure_default(connection, ids, now, project_id)]
                  if row["port_security_enabled"] and not is_own else [])
    port_id = ids.new_id()
    bound = bool(row["binding_host_id"])
    row |= {"id": port_id, "network_id": network_id, "project_id": project_id, "outlives_device": False,
            # The network's own equipment is wherever it is needed.
            "status": "BUILD" if bound else "ACTIVE" if is_own else "DOWN",
            "bound_revision": revision if bound else 0, "created_at": now, "updated_at": now, "revision_number": 1}
    connection.execute(sa.insert(port), row)
    holder = addresses.Holder(port_id, row["mac_address"], row["device_owner"])
    offered = networks.subnets_of(connection, [network_id])
    if wanted is None:
        offered = routed.offered(connection, offered, row["binding_host_id"], row["device_owner"])
    held = addresses.allocate(connection, holder, offered, wanted)
    routed.check_host(connection, row["binding_host_id"], held)
    joined = security_groups.join(connection, revision, port_id, groups)
    return row | {"fixed_ips": held, "security_groups": joined, "network_dns_domain": domain,
                  "binding_mechanism": _mechanism(connection, row["binding_host_id"]) if bound else None}


def _mechanism(connection: sa.Connection, host: str) -> str | None:
    return connection.execute(sa.select(network_host.c.mechanism).where(network_host.c.host == host)).scalar()


def update_port(connection: sa.Connection, now: float, port_id: str, values: Mapping[str, Any],
                wanted: Sequence[Mapping[str, str]] | None = None, groups: Sequence[str] | None = None) -> Row:
    """Change a port and return it; `wanted` and `groups` replace its addresses and security groups, None leaves them."""
    _change(connection, now, port_id, values, wanted, groups)
    return get_port(connection, port_id)


def _change(connection: sa.Connection, now: float, port_id: str, values: Mapping[str, Any],
            wanted: Sequence[Mapping[str, str]] | None = None, groups: Sequence[str] | None = None) -> None:
    before, revision = _locked(connection, port_id)
    changed = dict(values)
    if "allowed_address_pairs" in changed:
        changed["allowed_address_pairs"] = port_attributes.address_pairs(
            changed["allowed_address_pairs"], str(changed.get("mac_address", before["mac_address"])))
    if "extra_dhcp_opts" in changed:
        changed["extra_dhcp_opts"] = port_attributes.dhcp_options(changed["extra_dhcp_opts"],
                                                                  before["extra_dhcp_opts"] or ())
    _check_security(before | changed, before["security_groups"] if groups is None else groups)
    if "mac_address" in changed and changed["mac_address"] != before["mac_address"]:
        if before["binding_host_id"]:
            raise errors.Conflict(f"Port {port_id} is bound to a host: its MAC address cannot change.", kind="PortBound")
        _check_mac_address(connection, before["network_id"], changed["mac_address"])
    host = changed.get("binding_host_id", before["binding_host_id"])
    if host != before["binding_host_id"]:
        changed |= {"status": "BUILD" if host else "DOWN", "bound_revision": revision if host else 0,
                    "next_host_id": ""}
    wanted = _again(before, changed) if wanted is None else wanted
    offered = networks.subnets_of(connection, [before["network_id"]])
    waits = bool(wanted is None and host and not before["fixed_ips"] and routed.is_routed(offered))
    if wanted is not None or waits:
        addresses.release(connection, port_id)
        after = before | changed
        offered = routed.offered(connection, offered, host, after["device_owner"]) if waits else offered
        held = addresses.allocate(connection, addresses.Holder(port_id, after["mac_address"], after["device_owner"]),
                                  offered, wanted)
        stand_ins.release(connection, now, port_id, keep=[each["ip_address"] for each in held])
        # Rules of other groups speak of the addresses of these groups' members.
        revisions.note(connection, before["security_groups"])
    if groups is not None:
        security_groups.set_groups(connection, port_id, groups)
    if host != before["binding_host_id"]:
        routed.check_host(connection, host, before["fixed_ips"] if wanted is None and not waits else held)
    _write(connection, now, port_id, changed)
    if host != before["binding_host_id"]:
        _bind_carried(connection, now, port_id, host)


def _bind_carried(connection: sa.Connection, now: float, port_id: str, host: str) -> None:
    """Let the ports that a port carries follow it to a host."""
    carried = trunk_ports.sub_ports(connection, port_id)
    its_host = trunk_ports.host_for(connection, host) if carried and host else ""
    for each in carried:
        _change(connection, now, each, {"binding_host_id": its_host})


def _again(before: Row, changed: Row) -> list[dict[str, str]] | None:
    """The addresses that a port keeps when its card changes: those it made up from the card are made anew."""
    if changed.get("mac_address", before["mac_address"]) == before["mac_address"]:
        return None
    made_up = {each["ip_address"] for each in before["fixed_ips"] if addresses.is_of_card(
        each["ip_address"], before["mac_address"])}
    return [each for each in before["fixed_ips"] if each["ip_address"] not in made_up] if made_up else None


def join_device(connection: sa.Connection, now: float, port_id: str, *, device_id: str, device_owner: str,
                hostname: str) -> Row:
    """Make a port that is there a server's; raises Conflict (PortInUse) where it is somebody's already."""
    before, _ = _locked(connection, port_id)
    if before["device_id"] or before["device_owner"]:
        raise errors.Conflict(f"Port {port_id} is still in use.", kind="PortInUse")
    return update_port(connection, now, port_id, {
        "device_id": device_id, "device_owner": device_owner, "hostname": hostname, "outlives_device": True})


def leave_device(connection: sa.Connection, now: float, port_id: str) -> None:
    """Take a port from the server it belongs to: one that was there before stays, one made for the server goes."""
    if get_port(connection, port_id)["outlives_device"]:
        _change(connection, now, port_id, {"device_id": "", "device_owner": "", "hostname": "", "binding_host_id": "",
                                           "outlives_device": False})
    else:
        delete_port(connection, now, port_id)


def bind_port(connection: sa.Connection, now: float, port_id: str, host: str) -> None:
    """Say that the port's card is on this host; idempotent."""
    _change(connection, now, port_id, {"binding_host_id": host})


def expect_port(connection: sa.Connection, now: float, port_id: str, host: str) -> None:
    """Have this host make ready for the port, which stays where it is until it is bound there; "" ends that. Idempotent."""
    if connection.execute(sa.select(port.c.id).where(port.c.id == port_id)).first():
        _change(connection, now, port_id, {"next_host_id": host})


def unbind_port(connection: sa.Connection, now: float, port_id: str) -> None:
    """Say that the port's card is on no host; idempotent, also for a port that is gone."""
    if connection.execute(sa.select(port.c.id).where(port.c.id == port_id)).first():
        _change(connection, now, port_id, {"binding_host_id": ""})


def delete_port(connection: sa.Connection, now: float, port_id: str) -> None:
    """Delete a port and free its addresses; raises NotFound (PortNotFound), Conflict where a trunk has it."""
    _locked(connection, port_id)
    trunk_ports.refuse_deletion(connection, port_id)
    addresses.release(connection, port_id)
    security_groups.set_groups(connection, port_id, ())
    stand_ins.release(connection, now, port_id, keep=())
    connection.execute(sa.delete(port_binding).where(port_binding.c.port_id == port_id))
    connection.execute(sa.delete(port).where(port.c.id == port_id))


def _locked(connection: sa.Connection, port_id: str) -> tuple[Row, int]:
    """The port as it is once this transaction holds the lock, and the new revision.

    A port never changes its network, so reading that before the lock is safe; the rest is not.
    """
    network_id = connection.execute(_NETWORK_OF, {"its_id": port_id}).scalar()
    if network_id is None:
        raise not_found(port_id)
    revision = revisions.advance(connection, network_id)
    return get_port(connection, port_id), revision


def _check_security(row: Row, groups: Sequence[str]) -> None:
    """Without port security nothing is filtered, so nothing can be said about what passes."""
    if row["port_security_enabled"]:
        return
    if groups:
        raise errors.Conflict("Port has security group associated. Cannot disable port security or ip address until "
                              "security group is removed.", kind="PortSecurityPortHasSecurityGroup")
    if row["allowed_address_pairs"]:
        raise errors.Conflict("Port Security must be enabled in order to have allowed address pairs on a port.",
                              kind="AddressPairAndPortSecurityRequired")


def _write(connection: sa.Connection, now: float, port_id: str, changed: Mapping[str, Any]) -> None:
    connection.execute(_WRITE, {"its_id": port_id, "updated_at": now, **changed})


def _mac_address(connection: sa.Connection, ids: Ids, network_id: str, wanted: str | None) -> str:
    if wanted is not None:
        _check_mac_address(connection, network_id, wanted)
        return wanted
    return free_mac_address(connection, ids, network_id)


def free_mac_address(connection: sa.Connection, ids: Ids, network_id: str) -> str:
    """An address that no card of the network has."""
    while _holder(connection, network_id, made := ids.mac_address()):
        continue
    return made


def _check_mac_address(connection: sa.Connection, network_id: str, mac_address: str) -> None:
    if _holder(connection, network_id, mac_address):
        raise errors.Conflict(
            f"Unable to complete operation for network {network_id}. The mac address {mac_address} is in use.",
            kind="MacAddressInUse")


def _holder(connection: sa.Connection, network_id: str, mac_address: str) -> str | None:
    statement = sa.select(port.c.id).where(port.c.network_id == network_id, port.c.mac_address == mac_address)
    return connection.execute(statement).scalar()
