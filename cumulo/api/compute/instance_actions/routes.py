"""Routes of instance actions."""

from cumulo.api.compute.instance_actions import handlers
from cumulo.api.wsgi.route import Route

_PATH, _RULE = "/servers/{server_id}/os-instance-actions", "compute:instance_actions:list"

ROUTES = (
    Route("GET", _PATH, handlers.list_actions, policy=_RULE,
          query=("limit", "marker", "changes-since", "changes-before")),
    Route("GET", f"{_PATH}/{{request_id}}", handlers.show_action, policy=_RULE),
)
