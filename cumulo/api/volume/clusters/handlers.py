"""Clusters (3.7): several services that share the work at one backend. Here each backend has one agent, so there are none.

Whoever looks for one is told so, as by a cloud of this API that has none.
"""

from typing import Any

from cumulo.api.wsgi.route import Request
from cumulo.common import errors

QUERY = ("name", "binary", "is_up", "disabled", "num_hosts", "num_down_hosts", "replication_status")


def list_clusters(request: Request) -> dict[str, Any]:
    """List clusters."""
    return {"clusters": []}


def show(request: Request) -> dict[str, Any]:
    """Show a cluster; raises NotFound."""
    raise errors.NotFound(f"Cluster {request.params['cluster_name'][:255]} could not be found.")
