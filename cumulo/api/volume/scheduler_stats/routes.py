"""Routes of what backends have."""

from cumulo.api.volume.scheduler_stats import handlers
from cumulo.api.wsgi.route import Route

ROUTES = (
    Route("GET", "/scheduler-stats/get_pools", handlers.get_pools, policy="volume:scheduler_stats:list",
          query=handlers.QUERY),
)
