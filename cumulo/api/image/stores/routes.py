"""Routes of stores."""

from cumulo.api.image.stores import handlers
from cumulo.api.wsgi.route import Route

ROUTES = (
    Route("GET", "/v2/info/stores", handlers.list_stores, policy="image:stores:list"),
    Route("GET", "/v2/info/stores/detail", handlers.list_details, policy="image:stores:details"),
    Route("DELETE", "/v2/stores/{store_id}/{image_id}", handlers.delete, policy="image:stores:delete", status=204),
)
