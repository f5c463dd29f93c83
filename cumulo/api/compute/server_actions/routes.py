"""Routes of server actions."""

from cumulo.api.compute.server_actions import handlers, schema
from cumulo.api.wsgi.route import Route

ROUTES = (
    Route("POST", "/servers/{server_id}/action", handlers.act, policy="compute:servers:action", status=202,
          body=schema.ACTION, also=(200, 204)),
)
