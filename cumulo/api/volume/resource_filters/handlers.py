"""What lists can be filtered by (3.33): what their routes read from the query, without what pages and orders them."""

from typing import Any

from cumulo.api.volume import common
from cumulo.api.volume.attachments.handlers import QUERY as ATTACHMENTS
from cumulo.api.volume.backups.handlers import QUERY as BACKUPS
from cumulo.api.volume.group_snapshots.handlers import QUERY as GROUP_SNAPSHOTS
from cumulo.api.volume.groups.handlers import QUERY as GROUPS
from cumulo.api.volume.messages.handlers import QUERY as MESSAGES
from cumulo.api.volume.scheduler_stats.handlers import QUERY as POOLS
from cumulo.api.volume.snapshots.handlers import QUERY as SNAPSHOTS
from cumulo.api.volume.transfers.routes import QUERY as TRANSFERS
from cumulo.api.volume.types.handlers import QUERY as TYPES
from cumulo.api.volume.volumes.filters import QUERY as VOLUMES
from cumulo.api.wsgi.route import Request

_LISTS = {"volume": VOLUMES, "snapshot": SNAPSHOTS, "attachment": ATTACHMENTS, "message": MESSAGES, "transfer": TRANSFERS,
          "backup": BACKUPS, "group": GROUPS, "group_snapshot": GROUP_SNAPSHOTS, "pool": POOLS, "volume_type": TYPES}
_NO_FILTERS = (*common.PAGE_QUERY, "all_tenants", "with_count", "list_volume", "detail")


def list_filters(request: Request) -> dict[str, Any]:
    """List them, of one kind of thing or of all."""
    wanted = request.query.get("resource")
    return {"resource_filters": [
        {"resource": resource, "filters": [name for name in names if name not in _NO_FILTERS]}
        for resource, names in sorted(_LISTS.items()) if wanted in (None, resource)]}
