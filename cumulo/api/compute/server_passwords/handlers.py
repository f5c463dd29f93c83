"""os-server-password: what a guest told the metadata service once, sealed with its owner's public key."""

from typing import Any

from cumulo.api.compute import common
from cumulo.api.wsgi.route import Request
from cumulo.compute import servers


def show(request: Request) -> dict[str, Any]:
    """Show it; empty where the guest told none."""
    with request.services.database.read() as connection:
        row = common.own_server(request, connection, "compute:server_passwords:show")
    return {"password": row["guest_password"] or ""}


def forget(request: Request) -> None:
    """Forget it, so that the guest may tell another one; what is set inside the guest stays."""
    database = request.services.database
    with database.write() as connection:
        row = common.own_server(request, connection, "compute:server_passwords:forget", lock=True)
        servers.update_server(connection, database.now(connection), row["id"], guest_password=None)
