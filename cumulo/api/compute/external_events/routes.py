"""Routes of external events."""

from cumulo.api.compute.external_events import handlers, schema
from cumulo.api.wsgi.route import Route

ROUTES = (
    Route("POST", "/os-server-external-events", handlers.tell, policy="compute:external_events:tell", also=(207,),
          body=schema.TELL),
)
