"""What lists can be filtered by (3.33): what their routes read from the query, without what pages and orders them."""

from typing import Any

from cumulo.api.volume import common
from cumulo.api.volume.attachments.handlers import QUERY as ATTACHMENTS
from cumulo.api.volume.messages.handlers import QUERY as MESSAGES
from cumulo.api.volume.snapshots.handlers import QUERY as SNAPSHOTS
from cumulo.api.volume.transfers.routes import QUERY as TRANSFERS
from cumulo.api.volume.volumes.filters import QUERY as VOLUMES
from cumulo.api.wsgi.route import Request

_LISTS = {"volume": VOLUMES, "snapshot": SNAPSHOTS, "attachment": ATTACHMENTS, "message": MESSAGES, "transfer": TRANSFERS}
_NO_FILTERS = (*common.PAGE_QUERY, "all_tenants", "with_count")


def list_filters(request: Request) -> dict[str, Any]:
    """List them, of one kind of thing or of all."""
    wanted = request.query.get("resource")
    return {"resource_filters": [
        {"resource": resource, "filters": [name for name in names if name not in _NO_FILTERS]}
        for resource, names in sorted(_LISTS.items()) if wanted in (None, resource)]}
