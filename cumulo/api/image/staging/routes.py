"""The route of data that waits to be imported."""

from cumulo.api.image.staging import handlers
from cumulo.api.wsgi.route import Route

ROUTES = (
    Route("PUT", "/v2/images/{image_id}/stage", handlers.stage, policy="image:staging:stage", status=204, stream=True,
          consumes=("application/octet-stream",)),
)
