"""Servers, and the domains, files and cards that hypervisors hold for them."""

from collections.abc import Iterator

from cumulo.common import names
from cumulo.common.audit.difference import Difference
from cumulo.common.audit.holdings import ComputeHoldings, HeldServer
from cumulo.scheduler.audit.checks.servers_claims import ON_A_HOST
from cumulo.scheduler.audit.facts import Facts, Port, Server, compute_target

KINDS = {
    "domain_without_server": "A hypervisor has a domain of a server that is not there, or is deleted.",
    "domain_elsewhere": "A hypervisor has a domain of a server that is on another host.",
    "domain_twice": "Two hypervisors run the same server.",
    "domain_missing": "A server is on a host whose hypervisor has no domain of it.",
    "domain_not_defined": "A domain runs without a definition: it is gone once it stops.",
    "domain_power": "A server's status says that it runs and its domain does not, or the other way round.",
    "process_without_domain": "More hypervisor processes run a server than it has running domains.",
    "files_without_server": "A host has files of a server that is not there, deleted, or on another host.",
    "file_missing": "A server's disk is not on its host.",
    "file_unknown": "A server's directory holds a half made or unknown file.",
    "card_missing": "A running domain lacks the card of a port.",
    "card_without_port": "A running domain has a card that no port of its server has.",
    "stray_file": "A host has a file that belongs to no server and to no work in progress.",
}
RUNNING = "running"
_ALIVE = (RUNNING, "paused")
_POWER = {"ACTIVE": RUNNING, "SHUTOFF": "off", "PAUSED": "paused", "SUSPENDED": "saved", "SHELVED": "off",
          "SOFT_DELETED": "off"}
"""What the domain of a server is. One in rescue is not here: its guest may go off, and it stays in rescue."""
_NAMES = frozenset({"base", "disk", "ephemeral", "swap", "config.iso", "kernel", "ramdisk", "console.log",
                    "console.log.1", "rescue", "rescue.base", "rescue.device", "disk.before"})


def differences(facts: Facts) -> Iterator[Difference]:
    """Judge every hypervisor that was heard."""
    running: dict[str, str] = {}
    for host, holdings in sorted(facts.compute.items()):
        yield from _host(host, holdings, facts)
        for held in holdings.servers:
            if held.power in _ALIVE:
                first = running.setdefault(held.server_id, host)
                if first != host:
                    yield Difference("domain_twice", held.server_id, f"domain {held.server_id} runs on host {host}",
                                     f"it runs on host {first} too", host=host, server_id=held.server_id,
                                     heard=(compute_target(host), compute_target(first)))


def _host(host: str, holdings: ComputeHoldings, facts: Facts) -> Iterator[Difference]:
    held = {each.server_id: each for each in holdings.servers}
    came_from = {(move.server_id, move.host) for move in facts.database.moves}
    for each in holdings.servers:
        if (each.server_id, host) not in came_from or each.power in _ALIVE:
            yield from _whose(host, each, facts.servers.get(each.server_id))
        if each.processes > (each.power in _ALIVE):
            yield _differs("process_without_domain", host, each.server_id,
                           f"{each.processes} processes run server {each.server_id} on host {host}",
                           f"its domain is {each.power}" if each.power else "it has no domain")
    for server in facts.living:
        if server.host == host and server.status in ON_A_HOST:
            yield from _server(host, server, held.get(server.id), facts.ports_by_device.get(server.id, []))
    for name in holdings.strays:
        yield Difference("stray_file", name, f"host {host} has the file {name}", "it belongs to nothing", host=host,
                         heard=(compute_target(host),))


def _whose(host: str, held: HeldServer, server: Server | None) -> Iterator[Difference]:
    """What a host has must be of a living server that is on this host."""
    if server is not None and server.deleted_at is None and server.host == host:
        return
    if server is None or server.deleted_at is not None:
        kind, other = "domain_without_server", "no server row" if server is None else "the server is deleted"
    else:
        kind, other = "domain_elsewhere", f"server has host {server.host}" if server.host else "server has no host"
    if held.power is not None:
        yield _differs(kind, host, held.server_id, f"domain {held.server_id} ({held.power}) on host {host}", other)
    if held.files:
        yield _differs("files_without_server", host, held.server_id,
                       f"files of server {held.server_id} on host {host}: {', '.join(held.files)}", other)
    elif held.power is None and not held.processes:
        yield _differs("files_without_server", host, held.server_id,
                       f"empty directory of server {held.server_id} on host {host}", other)


def _server(host: str, server: Server, held: HeldServer | None, ports: list[Port]) -> Iterator[Difference]:
    one = f"server {server.id} ({server.status}) has host {host}"
    if held is None or held.power is None:
        yield _differs("domain_missing", host, server.id, one, f"no domain on host {host}")
    else:
        wanted = _POWER.get(server.status, held.power)  # one in rescue, or to be confirmed, is as it is
        if held.power != wanted:
            yield _differs("domain_power", host, server.id, one, f"its domain is {held.power}")
        if not held.is_defined:
            yield _differs("domain_not_defined", host, server.id, one, "its domain has no definition")
        if held.power == RUNNING:
            yield from _cards(host, server, held, ports)
    yield from _files(host, server, held.files if held else ())


def _files(host: str, server: Server, found: tuple[str, ...]) -> Iterator[Difference]:
    missing = sorted(wanted_files(server) - set(found))
    if missing:
        yield _differs("file_missing", host, server.id, f"server {server.id} ({server.status}) has host {host}",
                       f"not there: {', '.join(missing)}")
    for name in sorted(set(found) - _NAMES):
        yield _differs("file_unknown", host, server.id, f"server {server.id} has the file {name} on host {host}",
                       "no server has such a file", mark=name)


def wanted_files(server: Server) -> set[str]:
    """Return the names of the files without which a server cannot be started."""
    flavor = server.on_host
    optional = {"config.iso": server.config_drive, "ephemeral": flavor.get("ephemeral_gib"),
                "swap": flavor.get("swap_mib")}
    root = {"base", "disk"} if server.image_id else set()
    return root | {name for name, is_wanted in optional.items() if is_wanted}


def _cards(host: str, server: Server, held: HeldServer, ports: list[Port]) -> Iterator[Difference]:
    devices = {names.tap_name(port.id): port.id for port in ports if port.host == host}
    for device in sorted(devices.keys() - set(held.devices)):
        yield _differs("card_missing", host, server.id, f"port {devices[device]} of server {server.id} is bound to "
                       f"{host}", f"its domain has no card {device}", mark=device)
    for device in sorted(set(held.devices) - devices.keys()):
        yield _differs("card_without_port", host, server.id, f"domain {server.id} on host {host} has the card {device}",
                       "no port of the server", mark=device)


def _differs(kind: str, host: str, server_id: str, one: str, other: str, mark: str = "") -> Difference:
    return Difference(kind, server_id, one, other, host=host, server_id=server_id, heard=(compute_target(host),),
                      mark=mark)
