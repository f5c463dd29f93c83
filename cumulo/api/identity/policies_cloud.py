"""Who may use what identity keeps for the whole cloud: limits, endpoint groups, policies, settings of domains.

Administrators change, readers of the system look; what limits there are everybody may know, a limit only whose it is.
"""

from oslo_policy import policy

_ADMIN = "rule:admin_required"
_READER = "rule:system_reader"
_ANYBODY = "@"
_OF_LIMIT = f"{_READER} or project_id:%(project_id)s or domain_id:%(domain_id)s"

_GROUPS = "/v3/OS-EP-FILTER/endpoint_groups"
_GROUP = _GROUPS + "/{endpoint_group_id}"
_GROUP_PROJECT = _GROUP + "/projects/{project_id}"
_PROJECT = "/v3/OS-EP-FILTER/projects/{project_id}"
_PROJECT_ENDPOINT = _PROJECT + "/endpoints/{endpoint_id}"
_POLICY = "/v3/policies/{policy_id}"
_FOLLOWS = _POLICY + "/OS-ENDPOINT-POLICY"
_CONFIG = "/v3/domains/{domain_id}/config"
_CONFIGS = (_CONFIG, _CONFIG + "/{group}", _CONFIG + "/{group}/{option}")

_TABLE: tuple[tuple[str, str, str, str, tuple[str, ...]], ...] = (
    ("list_registered_limits", _ANYBODY, "List registered limits", "GET", ("/v3/registered_limits",)),
    ("get_registered_limit", _ANYBODY, "Show a registered limit", "GET",
     ("/v3/registered_limits/{registered_limit_id}",)),
    ("create_registered_limits", _ADMIN, "Register limits", "POST", ("/v3/registered_limits",)),
    ("update_registered_limit", _ADMIN, "Change a registered limit", "PATCH",
     ("/v3/registered_limits/{registered_limit_id}",)),
    ("delete_registered_limit", _ADMIN, "Delete a registered limit", "DELETE",
     ("/v3/registered_limits/{registered_limit_id}",)),
    ("get_limit_model", _ANYBODY, "See how limits are meant", "GET", ("/v3/limits/model",)),
    ("list_limits", _ANYBODY, "List limits", "GET", ("/v3/limits",)),
    ("get_limit", _OF_LIMIT, "Show a limit", "GET", ("/v3/limits/{limit_id}",)),
    ("create_limits", _ADMIN, "Create limits", "POST", ("/v3/limits",)),
    ("update_limit", _ADMIN, "Change a limit", "PATCH", ("/v3/limits/{limit_id}",)),
    ("delete_limit", _ADMIN, "Delete a limit", "DELETE", ("/v3/limits/{limit_id}",)),
    ("list_endpoint_groups", _READER, "List endpoint groups", "GET", (_GROUPS,)),
    ("get_endpoint_group", _READER, "Show an endpoint group", "GET", (_GROUP,)),
    ("create_endpoint_group", _ADMIN, "Create an endpoint group", "POST", (_GROUPS,)),
    ("update_endpoint_group", _ADMIN, "Change an endpoint group", "PATCH", (_GROUP,)),
    ("delete_endpoint_group", _ADMIN, "Delete an endpoint group", "DELETE", (_GROUP,)),
    ("list_endpoints_associated_with_endpoint_group", _READER, "List the endpoints in a group", "GET",
     (f"{_GROUP}/endpoints",)),
    ("list_projects_associated_with_endpoint_group", _READER, "List the projects with an endpoint group", "GET",
     (f"{_GROUP}/projects",)),
    ("get_endpoint_group_in_project", _READER, "See whether a project has an endpoint group", "GET",
     (_GROUP_PROJECT,)),
    ("add_endpoint_group_to_project", _ADMIN, "Give a project an endpoint group", "PUT", (_GROUP_PROJECT,)),
    ("remove_endpoint_group_from_project", _ADMIN, "Take an endpoint group from a project", "DELETE",
     (_GROUP_PROJECT,)),
    ("list_endpoint_groups_for_project", _READER, "List a project's endpoint groups", "GET",
     (f"{_PROJECT}/endpoint_groups",)),
    ("list_projects_for_endpoint", _READER, "List the projects with an endpoint", "GET",
     ("/v3/OS-EP-FILTER/endpoints/{endpoint_id}/projects",)),
    ("list_endpoints_for_project", _READER, "List a project's endpoints", "GET", (f"{_PROJECT}/endpoints",)),
    ("check_endpoint_in_project", _READER, "See whether a project has an endpoint", "GET", (_PROJECT_ENDPOINT,)),
    ("add_endpoint_to_project", _ADMIN, "Give a project an endpoint", "PUT", (_PROJECT_ENDPOINT,)),
    ("remove_endpoint_from_project", _ADMIN, "Take an endpoint from a project", "DELETE", (_PROJECT_ENDPOINT,)),
    ("list_policies", _READER, "List policies", "GET", ("/v3/policies",)),
    ("get_policy", _READER, "Show a policy", "GET", (_POLICY,)),
    ("create_policy", _ADMIN, "Create a policy", "POST", ("/v3/policies",)),
    ("update_policy", _ADMIN, "Change a policy", "PATCH", (_POLICY,)),
    ("delete_policy", _ADMIN, "Delete a policy", "DELETE", (_POLICY,)),
    ("get_policy_for_endpoint", _READER, "See which policy an endpoint follows", "GET",
     ("/v3/endpoints/{endpoint_id}/OS-ENDPOINT-POLICY/policy",)),
    ("list_endpoints_for_policy", _READER, "List the endpoints that follow a policy", "GET",
     (f"{_FOLLOWS}/endpoints",)),
    *((f"{verb}_policy_association_for_{subject}", rule, f"{text} {subject.replace('_', ' ')} and a policy", method,
       (_FOLLOWS + path,))
      for subject, path in (("endpoint", "/endpoints/{endpoint_id}"), ("service", "/services/{service_id}"),
                            ("region_and_service", "/services/{service_id}/regions/{region_id}"))
      for verb, rule, text, method in (("create", _ADMIN, "Associate", "PUT"), ("check", _READER, "Look at", "GET"),
                                       ("delete", _ADMIN, "Part", "DELETE"))),
    ("get_domain_config_default", _READER, "See the settings of a domain without any", "GET",
     tuple(f"/v3/domains/config{place}/default" for place in ("", "/{group}", "/{group}/{option}"))),
    ("get_domain_config", _READER, "See a domain's settings", "GET", _CONFIGS),
    ("create_domain_config", _ADMIN, "Set a domain's settings", "PUT", _CONFIGS[:1]),
    ("update_domain_config", _ADMIN, "Change a domain's settings", "PATCH", _CONFIGS),
    ("delete_domain_config", _ADMIN, "Delete a domain's settings", "DELETE", _CONFIGS),
)

RULES = tuple(
    policy.DocumentedRuleDefault(f"identity:{name}", check, text, [{"method": method, "path": path} for path in paths])
    for name, check, text, method, paths in _TABLE)
