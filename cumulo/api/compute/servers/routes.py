"""Routes of servers."""

from cumulo.api.compute.servers import create, handlers, schema
from cumulo.api.compute.servers.filters import QUERY
from cumulo.api.wsgi.route import Route

ROUTES = (
    Route("POST", "/servers", create.create, policy="compute:servers:create", status=202, body=schema.CREATE),
    Route("GET", "/servers", handlers.list_brief, policy="compute:servers:list", query=QUERY),
    Route("GET", "/servers/detail", handlers.list_full, policy="compute:servers:list", query=QUERY),
    Route("GET", "/servers/{server_id}", handlers.show, policy="compute:servers:show"),
    Route("PUT", "/servers/{server_id}", handlers.update, policy="compute:servers:update", body=schema.UPDATE),
    Route("DELETE", "/servers/{server_id}", handlers.delete, policy="compute:servers:delete", status=204),
)
