"""Routes of volumes."""

from cumulo.api.volume.volumes import handlers, schema
from cumulo.api.volume.volumes.filters import QUERY
from cumulo.api.wsgi.route import Route

_LIST = "volume:volumes:list"

ROUTES = (
    Route("POST", "/volumes", handlers.create, policy="volume:volumes:create", status=202, body=schema.CREATE),
    Route("GET", "/volumes", handlers.list_brief, policy=_LIST, query=QUERY),
    Route("GET", "/volumes/detail", handlers.list_full, policy=_LIST, query=QUERY),
    Route("GET", "/volumes/summary", handlers.summary, policy=_LIST, since="3.12", query=("all_tenants", "project_id")),
    Route("GET", "/volumes/{volume_id}", handlers.show, policy="volume:volumes:show"),
    Route("PUT", "/volumes/{volume_id}", handlers.update, policy="volume:volumes:update", body=schema.UPDATE),
    Route("DELETE", "/volumes/{volume_id}", handlers.delete, policy="volume:volumes:delete", status=202,
          query=("cascade", "force")),
)
