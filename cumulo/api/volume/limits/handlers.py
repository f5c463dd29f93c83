"""What the caller's project may have and has: absolute limits; there are no rate limits."""

from typing import Any

from cumulo.api.wsgi.route import Request
from cumulo.volume import quotas

_NAMES = {"volumes": "Volumes", "snapshots": "Snapshots", "gigabytes": "Gigabytes", "backups": "Backups",
          "backup_gigabytes": "BackupGigabytes"}
_MOST = {"volumes": "maxTotalVolumes", "snapshots": "maxTotalSnapshots", "gigabytes": "maxTotalVolumeGigabytes",
         "backups": "maxTotalBackups", "backup_gigabytes": "maxTotalBackupGigabytes"}


def show(request: Request) -> dict[str, Any]:
    """Show the limits; an administrator may name another project (3.39)."""
    project_id = request.context.project_id or ""
    if request.is_at_least("3.39") and request.query.get("project_id", project_id) != project_id:
        request.authorize("volume:limits:other_project")
        project_id = request.query["project_id"]
    with request.services.database.read() as connection:
        limits = quotas.limits_for(connection, request.services.conf, project_id)
        used = quotas.usage_of(connection, project_id)
    absolute = {key: limits[name] for name, key in _MOST.items()}
    absolute |= {f"total{shown}Used": used.get(name, 0) for name, shown in _NAMES.items()}
    return {"limits": {"rate": [], "absolute": absolute}}
