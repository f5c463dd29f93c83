"""Routes of what endpoints projects were given."""

from cumulo.api.identity.endpoint_filter import handlers
from cumulo.api.wsgi.route import Route

_FILTER = "/v3/OS-EP-FILTER"
_ENDPOINT = _FILTER + "/projects/{project_id}/endpoints/{endpoint_id}"
_GROUP = _FILTER + "/endpoint_groups/{endpoint_group_id}/projects/{project_id}"

ROUTES = (
    Route("GET", _FILTER + "/projects/{project_id}/endpoints", handlers.endpoints_of_project,
          policy="identity:list_endpoints_for_project"),
    Route("GET", _ENDPOINT, handlers.check, policy="identity:check_endpoint_in_project", status=204),
    Route("PUT", _ENDPOINT, handlers.give, policy="identity:add_endpoint_to_project", status=204),
    Route("DELETE", _ENDPOINT, handlers.take, policy="identity:remove_endpoint_from_project", status=204),
    Route("GET", _FILTER + "/projects/{project_id}/endpoint_groups", handlers.groups_of_project,
          policy="identity:list_endpoint_groups_for_project"),
    Route("GET", _GROUP, handlers.show_group, policy="identity:get_endpoint_group_in_project"),
    Route("PUT", _GROUP, handlers.give, policy="identity:add_endpoint_group_to_project", status=204),
    Route("DELETE", _GROUP, handlers.take, policy="identity:remove_endpoint_group_from_project", status=204),
    Route("GET", _FILTER + "/endpoint_groups/{endpoint_group_id}/projects", handlers.projects_with,
          policy="identity:list_projects_associated_with_endpoint_group"),
    Route("GET", _FILTER + "/endpoints/{endpoint_id}/projects", handlers.projects_with,
          policy="identity:list_projects_for_endpoint"),
)
