"""Routes of images."""

from cumulo.api.image.images import handlers, schema
from cumulo.api.wsgi import paging
from cumulo.api.wsgi.route import Route
from cumulo.image.listing import FILTERS
from cumulo.image.patch import MEDIA_TYPES

QUERY = (*paging.QUERY, *FILTERS)

ROUTES = (
    Route("GET", "/v2/images", handlers.list_images, policy="image:images:list", query=QUERY),
    Route("POST", "/v2/images", handlers.create, policy="image:images:create", status=201, body=schema.CREATE),
    Route("GET", "/v2/images/{image_id}", handlers.show, policy="image:images:show"),
    Route("PATCH", "/v2/images/{image_id}", handlers.update, policy="image:images:update", body=schema.UPDATE,
          consumes=tuple(MEDIA_TYPES)),
    Route("DELETE", "/v2/images/{image_id}", handlers.delete, policy="image:images:delete", status=204),
    Route("POST", "/v2/images/{image_id}/actions/deactivate", handlers.deactivate,
          policy="image:images:deactivate", status=204),
    Route("POST", "/v2/images/{image_id}/actions/reactivate", handlers.reactivate,
          policy="image:images:reactivate", status=204),
)
