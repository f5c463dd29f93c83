"""Consoles: /remote-consoles from 2.6 on, actions of their own before that, and what a console's token is for."""

from collections.abc import Mapping
from typing import Any

from cumulo.api.compute import common
from cumulo.api.console import app as proxy
from cumulo.api.wsgi.route import Reply, Request
from cumulo.common import errors
from cumulo.common.db.tables.compute import compute_host
from cumulo.compute import consoles, hosts, servers, states
from cumulo.identity import seals

ALLOWED = (states.ACTIVE, states.PAUSED, states.RESCUE)
_RULE = "compute:consoles:open"


def create(request: Request) -> dict[str, Any]:
    """Make a URL that opens a console for a while."""
    asked = request.body["remote_console"]
    if asked["type"] not in consoles.PROTOCOLS[asked["protocol"]]:
        raise errors.BadRequest(f"A console of protocol {asked['protocol']} is not of type {asked['type']}.")
    return {"remote_console": {"protocol": asked["protocol"], **_console(request, asked["type"])}}


def act(request: Request, arguments: Mapping[str, Any]) -> Reply:
    """The same as an action, for the type that is named."""
    return Reply({"console": _console(request, arguments["type"])}, status=200)


def _console(request: Request, kind: str) -> dict[str, str]:
    services = request.services
    with services.database.read() as connection:
        row = common.own_server(request, connection, _RULE)
        servers.check_status(row, "get_console", ALLOWED, needs_host=True)
        host = hosts.list_hosts(connection, compute_host.c.name == row["host"])
        now = services.database.now(connection)
    consoles.check_offered(kind, host[0]["hypervisor"] if host else {})
    token = seals.seal(services.conf, now, consoles.PURPOSE, {"server_id": row["id"], "kind": kind},
                       services.conf.servers.console_token_s)
    return {"type": kind, "url": proxy.url(services.conf.api.public_url, kind, token)}


def show_token(request: Request) -> dict[str, Any]:
    """Show where the console of a token is: of any type from 2.31 on, before that only of one that is not there."""
    if not request.is_at_least("2.31"):
        raise errors.Unauthorized("The requested console type details are not accessible")
    wanted, opened = proxy.find(request.services, request.params["console_token"])
    return {"console": {"instance_uuid": wanted["server_id"], "host": opened["address"], "port": opened["port"],
                        "internal_access_path": None} | ({"tls_port": None} if request.is_at_least("2.99") else {})}
