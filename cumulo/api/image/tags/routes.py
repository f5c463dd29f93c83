"""Routes of tags."""

from cumulo.api.image.tags import handlers
from cumulo.api.wsgi.route import Route

_PATH = "/v2/images/{image_id}/tags/{tag}"
ROUTES = (
    Route("PUT", _PATH, handlers.add, policy="image:tags:change", status=204),
    Route("DELETE", _PATH, handlers.remove, policy="image:tags:change", status=204),
)
