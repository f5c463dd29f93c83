"""Routes of images."""

from cumulo.api.image.images import handlers
from cumulo.api.wsgi.route import Route

_OBJECT = {"type": "object"}
"""The attributes are checked by cumulo/image/attributes.py, which tells 403 from 400 for each name."""

ROUTES = (
    Route("GET", "/v2/images", handlers.list_images, policy="image:images:list"),
    Route("POST", "/v2/images", handlers.create, policy="image:images:create", status=201, body=_OBJECT),
    Route("GET", "/v2/images/{image_id}", handlers.show, policy="image:images:show"),
    Route("PATCH", "/v2/images/{image_id}", handlers.update, policy="image:images:update"),
    Route("DELETE", "/v2/images/{image_id}", handlers.delete, policy="image:images:delete", status=204),
    Route("POST", "/v2/images/{image_id}/actions/deactivate", handlers.deactivate,
          policy="image:images:deactivate", status=204),
    Route("POST", "/v2/images/{image_id}/actions/reactivate", handlers.reactivate,
          policy="image:images:reactivate", status=204),
)
