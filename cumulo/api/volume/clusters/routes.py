"""Routes of clusters."""

from cumulo.api.volume.clusters import handlers
from cumulo.api.wsgi.route import Route

_RULE = "volume:clusters:list"

ROUTES = (
    Route("GET", "/clusters", handlers.list_clusters, policy=_RULE, since="3.7", query=handlers.QUERY),
    Route("GET", "/clusters/detail", handlers.list_clusters, policy=_RULE, since="3.7", query=handlers.QUERY),
    Route("GET", "/clusters/{cluster_name}", handlers.show, policy=_RULE, since="3.7", query=("binary",)),
)
