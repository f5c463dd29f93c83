"""Routes of the cache."""

from cumulo.api.image.cache import handlers
from cumulo.api.wsgi.route import Route

ROUTES = (
    Route("GET", "/v2/cache", handlers.list_cache, policy="image:cache:list"),
    Route("DELETE", "/v2/cache", handlers.clear, policy="image:cache:delete", status=204),
    Route("PUT", "/v2/cache/{image_id}", handlers.queue, policy="image:cache:add", status=202),
    Route("DELETE", "/v2/cache/{image_id}", handlers.drop, policy="image:cache:delete", status=204),
)
