"""The hosts of block storage: their services, and what projects have there."""

from typing import Any

import sqlalchemy as sa

from cumulo.api.volume.services.handlers import list_services
from cumulo.api.wsgi.route import Request
from cumulo.common import errors
from cumulo.common.db.tables.volume import volume, volume_backend, volume_snapshot


def list_hosts(request: Request) -> dict[str, Any]:
    """List the services by their hosts."""
    return {"hosts": [
        {"host_name": each["host"], "service": each["binary"], "zone": each["zone"], "last-update": each["updated_at"],
         "service-status": "available" if each["state"] == "up" else "unavailable", "service-state": each["status"]}
        for each in list_services(request)["services"]]}


def show_host(request: Request) -> dict[str, Any]:
    """Show what is on a host: all together, then by project."""
    name = request.params["host_name"].partition("#")[0]
    with request.services.database.read() as connection:
        is_here = volume_backend.c.name == name
        if connection.execute(sa.select(volume_backend.c.name).where(is_here)).first() is None:
            raise errors.NotFound(f"Host {name[:255]} could not be found.")
        volumes = connection.execute(sa.select(volume.c.project_id, volume.c.size_gib).where(volume.c.backend == name)).all()
        snapshots = connection.execute(sa.select(volume_snapshot.c.project_id, volume_snapshot.c.size_gib).join(
            volume, volume.c.id == volume_snapshot.c.volume_id).where(volume.c.backend == name)).all()
    projects = sorted({row.project_id for row in (*volumes, *snapshots)})
    return {"host": [_resource(name, each, volumes, snapshots) for each in ("(total)", *projects)]}


def _resource(name: str, project: str, volumes: Any, snapshots: Any) -> dict[str, Any]:
    own, saved = ([row.size_gib for row in rows if project in ("(total)", row.project_id)] for rows in (volumes, snapshots))
    return {"resource": {
        "host": name, "project": project, "volume_count": str(len(own)), "total_volume_gb": str(sum(own)),
        "snapshot_count": str(len(saved)), "total_snapshot_gb": str(sum(saved))}}
