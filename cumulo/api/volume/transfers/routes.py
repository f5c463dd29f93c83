"""Routes of transfers, which have an older and a newer name."""

from cumulo.api.volume import common
from cumulo.api.volume import schema_parts as parts
from cumulo.api.volume.transfers import handlers
from cumulo.api.wsgi.route import Route

_NEW = {"volume_id": parts.ID, "name": parts.TEXT}
_CREATE = (("3.0", parts.wrapped("transfer", _NEW, required=("volume_id",))),
           ("3.55", parts.wrapped("transfer", _NEW | {"no_snapshots": parts.BOOLEAN}, required=("volume_id",))))
_ACCEPT = parts.wrapped("accept", {"auth_key": {"type": "string", "minLength": 1, "maxLength": 255}}, required=("auth_key",))
_LIST, QUERY = "volume:transfers:list", (*common.PAGE_QUERY, "all_tenants", "project_id", "name", "volume_id")


def _routes(path: str, since: str | None) -> tuple[Route, ...]:
    one = f"{path}/{{transfer_id}}"
    return (
        Route("POST", path, handlers.create, policy="volume:transfers:create", status=202, body=_CREATE, since=since),
        Route("GET", path, handlers.list_brief, policy=_LIST, query=QUERY, since=since),
        Route("GET", f"{path}/detail", handlers.list_full, policy=_LIST, query=QUERY, since=since),
        Route("GET", one, handlers.show, policy="volume:transfers:show", since=since),
        Route("POST", f"{one}/accept", handlers.accept, policy="volume:transfers:accept", status=202, body=_ACCEPT, since=since),
        Route("DELETE", one, handlers.delete, policy="volume:transfers:delete", status=202, since=since),
    )


ROUTES = (*_routes("/os-volume-transfer", None), *_routes("/volume-transfers", "3.55"))
