"""What an agent, or the server itself, may know about a server: gathered from rows, nothing else."""

import ipaddress
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from cumulo.common import errors, names
from cumulo.common.db.tables.compute import claim, server, server_move
from cumulo.common.db.tables.network import port as port_table
from cumulo.common.db.tables.network import port_address
from cumulo.common.db.tables.network_router import floating_ip
from cumulo.common.db.tables.network_security import port_security_group, security_group
from cumulo.compute import moves
from cumulo.image import images
from cumulo.network import networks, ports
from cumulo.volume import attachments, qos

Facts = dict[str, Any]
_IMAGE = ("id", "disk_format", "container_format", "size", "checksum", "os_hash_algo", "os_hash_value", "min_disk",
          "properties")
_SERVER = ("id", "name", "hostname", "project_id", "user_id", "created_at", "launch_index", "user_data", "injected_files",
           "key_name", "admin_password", "availability_zone", "metadata")  # fmt: skip

# Statements of every boot, built once: that costs more than running them.
_BY_ID = sa.select(server).where(server.c.id == sa.bindparam("its_id"))
_FITS = {name: sa.select(table.c.fit).where(table.c.server_id == sa.bindparam("its_id"))
         for name, table in (("fit", claim), ("other_fit", server_move))}
_PUBLIC_IPV4 = (
    sa.select(floating_ip.c.floating_ip_address).join(port_table, port_table.c.id == floating_ip.c.port_id)
    .where(port_table.c.device_id == sa.bindparam("its_id"), ports.is_of_a_server())
    .order_by(floating_ip.c.created_at, floating_ip.c.id).limit(1))
_NAMES_OF_GROUPS = (
    sa.select(security_group.c.name).distinct()
    .join(port_security_group, port_security_group.c.security_group_id == security_group.c.id)
    .join(port_table, port_table.c.id == port_security_group.c.port_id)
    .where(port_table.c.device_id == sa.bindparam("its_id"), ports.is_of_a_server()).order_by(security_group.c.name))

Access = Callable[[str, str], Facts]
"""(project id, image id) -> {"url", "token"} to download with; nothing for a reader that only looks."""


def no_access(project_id: str, image_id: str) -> Facts:
    """Tell nothing about how to download an image."""
    return {}


def server_facts(connection: sa.Connection, server_id: str, access: Access, opened: Facts | None = None) -> Facts:
    """Everything needed to boot a server and to answer its metadata requests; raises NotFound.

    opened: how volumes are opened where an operation brings the server to, by their ids.
    """
    row = connection.execute(_BY_ID, {"its_id": server_id}).mappings().one_or_none()
    if row is None:
        raise errors.NotFound(f"Server {server_id} could not be found.")

    def image_of(image_id: str | None) -> Facts | None:
        return image_facts(connection, row["project_id"], image_id, access)

    image = image_of(row["shelved_image_id"] or row["image_id"])
    # The row's, which were checked when the server was asked for: the image's owner may have changed its own since.
    kernel_id, ramdisk_id = row["kernel_id"], row["ramdisk_id"]
    if image is not None:
        image |= {"kernel_id": kernel_id, "ramdisk_id": ramdisk_id}
        if row["image_properties"] is not None:  # the machine stays what it was made as
            image["properties"] = row["image_properties"]
    return {name: row[name] for name in _SERVER} | {
        "flavor": moves.on_host(row),
        "image": image,
        "image_properties": row["image_properties"] or {},
        "kernel": image_of(kernel_id),
        "ramdisk": image_of(ramdisk_id),
        "config_drive": bool(row["config_drive"]),
        "public_keys": {row["key_name"]: row["public_key"]} if row["public_key"] else {},
        "ports": [each | {"tag": (row["device_tags"] or {}).get(each["id"])} for each in _ports(connection, server_id)],
        "public_ipv4": _public_ipv4(connection, server_id),
        "security_groups": _security_groups(connection, server_id),
        "volumes": _volumes(connection, server_id, opened or {}),
    } | _fits(connection, server_id)


def _fits(connection: sa.Connection, server_id: str) -> Facts:
    """What of its host is the server's own, and of the other host where it has a second room: null where nothing is."""
    return {name: connection.execute(fit, {"its_id": server_id}).scalar() for name, fit in _FITS.items()}


def server_at(connection: sa.Connection, network_id: str, address: str) -> str | None:
    """The id of the server that holds an address in a network."""
    query = (
        sa.select(port_table.c.device_id)
        .join(port_address, port_address.c.port_id == port_table.c.id)
        .where(port_table.c.network_id == network_id, port_address.c.ip_address == address)
        .where(port_table.c.device_id.in_(sa.select(server.c.id)), ports.is_of_a_server())
    )
    return connection.execute(query).scalar()


def image_facts(connection: sa.Connection, project_id: str, image_id: str | None, access: Access) -> Facts | None:
    """What is known of an image, and how to download it; None for no id."""
    if not image_id:
        return None
    try:
        image = images.get_described_image(connection, image_id)
    except errors.NotFound:
        # A server outlives its image: its disk is on its host. Whoever needs the data itself is refused it there.
        image = dict.fromkeys(_IMAGE) | {"id": image_id, "properties": {}}
    return {name: image[name] for name in _IMAGE} | access(project_id, image_id)


def _volumes(connection: sa.Connection, server_id: str, opened: Facts) -> list[Facts]:
    """The volumes that the server has, each with how its host opens it; those on their way are told by the operation."""
    known = [{**each, "connection": opened.get(each["volume_id"]) or each["connection"]}
             for each in attachments.of_server(connection, server_id)]
    rows = [each for each in known if each["connection"]]
    limits = qos.limits_of(connection, [each["volume_id"] for each in rows])
    return [{"id": each["volume_id"], "device": each["device"], "connection": each["connection"],
             "read_only": each["mode"] == "ro", "size_gib": each["size_gib"], "limits": limits.get(each["volume_id"]),
             "boot_index": each["boot_index"], "disk_bus": each["disk_bus"], "tag": each["tag"]}
            for each in rows]


def _ports(connection: sa.Connection, server_id: str) -> list[Facts]:
    found = ports.ports_of_device(connection, server_id)
    return [_port(connection, each) for each in found]


def _port(connection: sa.Connection, port: Facts) -> Facts:
    network = networks.get_network(connection, port["network_id"])
    subnets = {each["id"]: each for each in networks.subnets_of(connection, [port["network_id"]])}
    return {
        "id": port["id"],
        "mac_address": port["mac_address"],
        "network_id": port["network_id"],
        "bridge": names.bridge_name(port["network_id"]),
        "mtu": network["mtu"],
        "fixed_ips": [_fixed_ip(each, subnets[each["subnet_id"]]) for each in port["fixed_ips"]],
    }


def _public_ipv4(connection: sa.Connection, server_id: str) -> str | None:
    """The floating address that a server has had longest, if it has one."""
    return connection.execute(_PUBLIC_IPV4, {"its_id": server_id}).scalar()


def _security_groups(connection: sa.Connection, server_id: str) -> list[str]:
    """The names of the security groups that a server's ports are in."""
    return list(connection.execute(_NAMES_OF_GROUPS, {"its_id": server_id}).scalars())


def _fixed_ip(fixed: Facts, subnet: Facts) -> Facts:
    return {
        "ip_address": fixed["ip_address"],
        "subnet_id": subnet["id"],
        "prefix_length": ipaddress.ip_network(subnet["cidr"]).prefixlen,
        "gateway_ip": subnet["gateway_ip"],
        "dns_nameservers": subnet["dns_nameservers"],
        "enable_dhcp": subnet["enable_dhcp"],
    }
