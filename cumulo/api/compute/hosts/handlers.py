"""os-hosts: the hosts of services with their zones, what a host has and what projects take of it, on and off for new
servers. Later versions say the same by services and hypervisors.
"""

from typing import Any

from cumulo.api.wsgi.route import Request
from cumulo.common import errors
from cumulo.common.db.tables.compute import compute_host
from cumulo.compute import aggregates, hosts

INTERNAL = "internal"
_WORDS = {"compute": "compute", "scheduler": "scheduler", "conductor": "conductor"}


def list_hosts(request: Request) -> dict[str, Any]:
    """List the hosts of services, all or those of a zone or a kind."""
    zone, service = request.query.get("zone"), request.query.get("service")
    with request.services.database.read() as connection:
        rows, zones = hosts.list_services(connection), aggregates.zones(connection)
    default = request.services.conf.servers.availability_zone
    shown = [{"host_name": row["host"], "service": _WORDS[row["kind"]],
              "zone": zones.get(row["host"], default) if row["kind"] == "compute" else INTERNAL} for row in rows]
    return {"hosts": [each for each in shown
                      if (not zone or each["zone"] == zone) and (not service or each["service"] == service)]}


def show(request: Request) -> dict[str, Any]:
    """Show what a host has, what is claimed of it, and what each project's servers take."""
    name = request.params["host_name"]
    with request.services.database.read() as connection:
        row = _host(connection, name)
        projects = hosts.projects_on(connection, name)
    used = (row["used_vcpus"], row["used_memory_mib"], row["used_disk_gib"])
    entries = (("(total)", row["vcpus"], row["memory_mib"], row["disk_gib"]), ("(used_now)", *used), ("(used_max)", *used),
               *projects)
    return {"host": [{"resource": {"host": name, "project": project, "cpu": cpu, "memory_mb": memory, "disk_gb": disk}}
                     for project, cpu, memory, disk in entries]}


def update(request: Request) -> dict[str, Any]:
    """Let servers be placed on a host, or no more."""
    name, status = request.params["host_name"], request.body.get("status", "").lower()
    with request.services.database.write() as connection:
        _host(connection, name)
        if request.body.get("maintenance_mode", "disable").lower() == "enable" or not status:
            raise errors.BadRequest("Hosts have no maintenance mode here: disable them, and move their servers.")
        hosts.update_host(connection, name, disabled=status == "disable", disabled_reason=None)
    return {"host": name, "status": f"{status}d"}


def power(request: Request) -> dict[str, Any]:
    """Reboot a host or shut it down, where its agent may; one that is off cannot be asked to start."""
    name, action = request.params["host_name"], request.raw_request.path.rsplit("/", 1)[-1]
    with request.services.database.read() as connection:
        _host(connection, name)
    if action == "startup":
        raise errors.BadRequest("A host that is off hears nothing: start it by its own management board.")
    conf = request.services.conf.servers
    done = request.services.bus.call(f"compute.{name}", "host_power", {"action": action},
                                     timeout_s=conf.console_timeout_s, context=request.context)
    return {"host": name, "power_action": done}


def _host(connection: Any, name: str) -> dict[str, Any]:
    found = hosts.list_hosts(connection, compute_host.c.name == name)
    if not found:
        raise errors.NotFound(f"Compute host {name[:64]} could not be found.")
    return found[0]
