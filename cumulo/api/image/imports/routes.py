"""Routes of imports."""

from cumulo.api.image.imports import handlers, schema
from cumulo.api.wsgi.route import Route

ROUTES = (
    Route("GET", "/v2/info/import", handlers.show_methods, policy="image:imports:show"),
    Route("POST", "/v2/images/{image_id}/import", handlers.import_image, policy="image:imports:begin", status=202,
          body=schema.IMPORT),
)
