"""Routes of images.

Creating one has no schema here: an empty object is a valid body, any name may be a property, and
cumulo/image/attributes.py tells for each name whether it is a 403 or a 400.
"""

from cumulo.api.image.images import handlers
from cumulo.api.wsgi.route import Route

ROUTES = (
    Route("GET", "/v2/images", handlers.list_images, policy="image:images:list"),
    Route("POST", "/v2/images", handlers.create, policy="image:images:create", status=201),
    Route("GET", "/v2/images/{image_id}", handlers.show, policy="image:images:show"),
    Route("PATCH", "/v2/images/{image_id}", handlers.update, policy="image:images:update"),
    Route("DELETE", "/v2/images/{image_id}", handlers.delete, policy="image:images:delete", status=204),
    Route("POST", "/v2/images/{image_id}/actions/deactivate", handlers.deactivate,
          policy="image:images:deactivate", status=204),
    Route("POST", "/v2/images/{image_id}/actions/reactivate", handlers.reactivate,
          policy="image:images:reactivate", status=204),
)
