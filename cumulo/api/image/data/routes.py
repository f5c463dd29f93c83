"""Routes of the data of an image."""

from cumulo.api.image.data import handlers
from cumulo.api.wsgi.route import Route

ROUTES = (
    Route("PUT", "/v2/images/{image_id}/file", handlers.upload, policy="image:data:upload", status=204, stream=True,
          consumes=("application/octet-stream",)),
    Route("GET", "/v2/images/{image_id}/file", handlers.download, policy="image:data:download",
          also=(204, 206)),
)
