"""POST /servers: one transaction over the image's, the network's and the compute part's rules.

    look      flavor, image, keypair, networks: all must be there and visible to the caller
    write     quota, server rows, ports, operations (cumulo/compute/servers.py request_build)
    after     the scheduler's bell; the answer is 202, and GET shows how the build goes
"""

from typing import Any

import sqlalchemy as sa

from cumulo.api.compute import common
from cumulo.api.compute.security_groups import handlers as group_handlers
from cumulo.api.compute.servers import disks, hints, networks
from cumulo.api.compute.servers.choices import check_machine as _check_machine
from cumulo.api.compute.servers.choices import checked_user_data as _user_data
from cumulo.api.compute.servers.choices import find_flavor as _flavor
from cumulo.api.compute.servers.choices import find_key as _key
from cumulo.api.compute.servers.choices import visible_image as _visible_image
from cumulo.api.wsgi.route import Reply, Request
from cumulo.common import errors
from cumulo.common.db.tables.compute import compute_host
from cumulo.compute import aggregates, hosts, injected_files, server_groups, servers
from cumulo.network import security_groups

MOST_USER_DATA = 65535
Body = dict[str, Any]


def create(request: Request) -> Reply:
    """Begin to build one server or several of the same kind."""
    asked = request.body["server"]
    if not request.context.project_id:
        raise errors.BadRequest("A server belongs to a project: the token has none.")
    services = request.services
    password = asked.get("adminPass") or services.ids.password(12)
    with services.database.write() as connection:
        services.tokens.hold(connection, request.context.project_id)
        wanted, planned = _build_request(request, connection, asked, password)
        plan = networks.plan(request, connection, asked.get("networks"))
        groups = _groups(request, connection, asked)
        now = services.database.now(connection)
        rows = servers.request_build(
            connection, services.ids, now, context=request.context, limits=common.limits(request, connection),
            wanted=wanted, plug=networks.plug(request, connection, now, plan, groups),
            attach=disks.plug(request, connection, now, planned))
        for row in rows if asked.get("tags") else ():
            servers.set_tags(connection, row["id"], asked["tags"])
    common.ring_scheduler(request)
    return _answer(request, asked, rows[0], password)


def _answer(request: Request, asked: Body, row: servers.Row, password: str) -> Reply:
    if common.flag(str(asked.get("return_reservation_id", False)), "return_reservation_id"):
        return Reply({"reservation_id": row["reservation_id"]})
    links = common.links(request, "servers", row["id"])
    shown = {"id": row["id"], "links": links, "OS-DCF:diskConfig": row["disk_config"], "adminPass": password,
             "security_groups": asked.get("security_groups") or [{"name": "default"}]}
    return Reply({"server": shown}, headers={"Location": links[0]["href"]})


def _build_request(request: Request, connection: sa.Connection, asked: Body, password: str,
                   ) -> tuple[servers.BuildRequest, disks.Plan]:
    fewest, most = _counts(asked)
    flavor = _flavor(request, connection, str(asked["flavorRef"]))
    plan = disks.find(request, connection, asked, flavor, most)
    _check_machine(request, flavor, plan.properties)
    for name in ("kernel_id", "ramdisk_id"):
        _visible_image(request, connection, plan.properties.get(name))
    zone, host = _zone(request, connection, asked.get("availability_zone"))
    host = _named_host(request, connection, asked) or host
    given = injected_files.checked(common.limits(request, connection), asked.get("personality") or ())
    return servers.BuildRequest(
        name=asked["name"], flavor=flavor, fewest=fewest, most=most, key=_key(request, connection, asked),
        metadata=asked.get("metadata", {}),
        columns={
            "image_id": plan.image["id"] if plan.image else None, "kernel_id": plan.properties.get("kernel_id"),
            "ramdisk_id": plan.properties.get("ramdisk_id"), "local_disks": plan.local_sizes, "availability_zone": zone, "requested_host": host,
            "user_data": _user_data(asked.get("user_data")), "admin_password": password,
            # Files reach a guest by its config drive alone.
            "config_drive": bool(given) or common.flag(str(asked.get("config_drive") or "false"), "config_drive"),
            "injected_files": given,
            "disk_config": asked.get("OS-DCF:diskConfig", "MANUAL"), "description": _description(request, asked),
            "access_ipv4": common.address(asked.get("accessIPv4")),
            "access_ipv6": common.address(asked.get("accessIPv6")),
            "scheduler_hints": hints.read(request), "group_id": _server_group(request, connection, most),
            "image_properties": plan.properties, "trusted_certificates": asked.get("trusted_image_certificates"),
            **({"hostname": asked["hostname"]} if asked.get("hostname") else {})}), plan


def _groups(request: Request, connection: sa.Connection, asked: Body) -> list[str] | None:
    """The security groups that were named; None where only the default one is meant, which may not be there yet."""
    names = [group["name"] for group in asked.get("security_groups", ()) if "name" in group]
    if not names or set(names) == {security_groups.DEFAULT}:
        return None
    if security_groups.DEFAULT in names:
        services = request.services
        security_groups.ensure_default(connection, services.ids, services.database.now(connection),
                                       request.context.project_id or "")
    return group_handlers.ids_of(connection, request.context.project_id or "", names)


def _server_group(request: Request, connection: sa.Connection, count: int) -> str | None:
    group_id = hints.read(request).get("group")
    if group_id is None:
        return None
    return server_groups.join(connection, common.limits(request, connection), group_id,
                              request.context.project_id or "", count)


def _description(request: Request, asked: Body) -> str | None:
    """The name stands in for a description below the version that has one."""
    return asked.get("description") if request.is_at_least("2.19") else asked["name"]


def _counts(asked: Body) -> tuple[int, int]:
    fewest = int(asked.get("min_count", 1))
    most = int(asked.get("max_count", fewest))
    if fewest < 1 or most < 1:
        raise errors.BadRequest("min_count and max_count must be 1 or more.")
    if fewest > most:
        raise errors.BadRequest("min_count must be <= max_count")
    return fewest, most


def _zone(request: Request, connection: sa.Connection, text: str | None) -> tuple[str | None, str | None]:
    """The zone and host of "zone", "zone:host" or "zone:host:node"."""
    if text is None:
        return None, None
    zone, *place = text.split(":")
    own = request.services.conf.servers.availability_zone
    if len(place) > 2 or (zone or own) not in {own, *aggregates.zone_names(connection)}:
        raise errors.BadRequest("The requested availability zone is not available")
    host = next((part for part in place if part), None)
    if place:
        request.authorize("compute:servers:create_on_host")
    if host is not None and not hosts.list_hosts(connection, compute_host.c.name == host):
        raise errors.BadRequest(f"Compute host {host} could not be found.")
    return zone or own, host


def _named_host(request: Request, connection: sa.Connection, asked: Body) -> str | None:
    """The host that an administrator names outright (2.74); the two names are one's here."""
    named = [asked[name] for name in ("host", "hypervisor_hostname") if name in asked]
    if not named:
        return None
    request.authorize("compute:servers:create_on_host")
    if ":" in (asked.get("availability_zone") or ""):
        raise errors.BadRequest("A host is named twice: leave it out of availability_zone.")
    for host in named:
        if not hosts.list_hosts(connection, compute_host.c.name == host):
            raise errors.BadRequest(f"Compute host {host} could not be found.")
    if len(set(named)) > 1:
        raise errors.BadRequest(f"The hypervisor {named[1]} is not on the host {named[0]}.")
    return str(named[0])
