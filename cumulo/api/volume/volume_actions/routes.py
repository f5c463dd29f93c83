"""The one route of actions."""

from cumulo.api.volume.volume_actions import handlers, schema
from cumulo.api.wsgi.route import Route

ROUTES = (
    Route("POST", "/volumes/{volume_id}/action", handlers.act, policy=handlers.ACTION, status=202, also=(200,),
          body=schema.BODY),
)
