"""Who may use the identity API: administrators change, readers of the system and of a domain look.

A target names the user_id and the domain_id of what is touched; project_id for a project.
"""

from oslo_policy import policy

ADMIN = "role:admin"
SYSTEM_READER = "role:admin or (role:reader and system_scope:all)"
_OF_DOMAIN = "role:reader and domain_id:%(domain_id)s"
DOMAIN_READER = f"{SYSTEM_READER} or ({_OF_DOMAIN})"
OR_SELF = f"{DOMAIN_READER} or user_id:%(user_id)s"
OWN_PROJECT = f"{DOMAIN_READER} or project_id:%(project_id)s"
OWN_DOMAIN = (f"{SYSTEM_READER} or domain_id:%(domain_id)s or project_domain_id:%(domain_id)s"
              " or user_domain_id:%(domain_id)s")
ANYBODY = "@"

_TABLE = (
    ("validate_token", f"{SYSTEM_READER} or role:service or user_id:%(user_id)s", "Look at a token",
     "GET", "/v3/auth/tokens"),
    ("revoke_token", "role:admin or user_id:%(user_id)s", "Revoke a token", "DELETE", "/v3/auth/tokens"),
    ("get_auth_catalog", ANYBODY, "See the catalog of one's token", "GET", "/v3/auth/catalog"),
    ("get_auth_projects", ANYBODY, "See where one may work", "GET", "/v3/auth/projects"),
    ("get_auth_domains", ANYBODY, "See which domains one may use", "GET", "/v3/auth/domains"),
    ("get_auth_system", ANYBODY, "See whether one may use the system", "GET", "/v3/auth/system"),
    ("list_users", DOMAIN_READER, "List users", "GET", "/v3/users"),
    ("get_user", OR_SELF, "Show a user", "GET", "/v3/users/{user_id}"),
    ("create_user", ADMIN, "Create a user", "POST", "/v3/users"),
    ("update_user", ADMIN, "Change a user", "PATCH", "/v3/users/{user_id}"),
    ("delete_user", ADMIN, "Delete a user", "DELETE", "/v3/users/{user_id}"),
    ("list_user_projects", OR_SELF, "List a user's projects", "GET", "/v3/users/{user_id}/projects"),
    ("list_groups", DOMAIN_READER, "List groups", "GET", "/v3/groups"),
    ("get_group", DOMAIN_READER, "Show a group", "GET", "/v3/groups/{group_id}"),
    ("create_group", ADMIN, "Create a group", "POST", "/v3/groups"),
    ("update_group", ADMIN, "Change a group", "PATCH", "/v3/groups/{group_id}"),
    ("delete_group", ADMIN, "Delete a group", "DELETE", "/v3/groups/{group_id}"),
    ("list_groups_for_user", OR_SELF, "List the groups a user is in", "GET", "/v3/users/{user_id}/groups"),
    ("list_users_in_group", DOMAIN_READER, "List the users of a group", "GET", "/v3/groups/{group_id}/users"),
    ("check_user_in_group", DOMAIN_READER, "See whether a user is in a group", "HEAD",
     "/v3/groups/{group_id}/users/{user_id}"),
    ("add_user_to_group", ADMIN, "Put a user into a group", "PUT", "/v3/groups/{group_id}/users/{user_id}"),
    ("remove_user_from_group", ADMIN, "Take a user out of a group", "DELETE",
     "/v3/groups/{group_id}/users/{user_id}"),
    ("list_projects", DOMAIN_READER, "List projects", "GET", "/v3/projects"),
    ("get_project", OWN_PROJECT, "Show a project", "GET", "/v3/projects/{project_id}"),
    ("create_project", ADMIN, "Create a project", "POST", "/v3/projects"),
    ("update_project", ADMIN, "Change a project", "PATCH", "/v3/projects/{project_id}"),
    ("delete_project", ADMIN, "Delete a project", "DELETE", "/v3/projects/{project_id}"),
    ("update_project_cascade", ADMIN, "Enable or disable a project with those below", "PATCH",
     "/v3/projects/{project_id}/cascade"),
    ("delete_project_cascade", ADMIN, "Delete a project with those below", "DELETE",
     "/v3/projects/{project_id}/cascade"),
    ("list_project_tags", OWN_PROJECT, "List a project's tags", "GET", "/v3/projects/{project_id}/tags"),
    ("get_project_tag", OWN_PROJECT, "See whether a project has a tag", "GET", "/v3/projects/{project_id}/tags/{tag}"),
    ("update_project_tags", ADMIN, "Replace a project's tags", "PUT", "/v3/projects/{project_id}/tags"),
    ("create_project_tag", ADMIN, "Tag a project", "PUT", "/v3/projects/{project_id}/tags/{tag}"),
    ("delete_project_tags", ADMIN, "Take all tags from a project", "DELETE", "/v3/projects/{project_id}/tags"),
    ("delete_project_tag", ADMIN, "Take a tag from a project", "DELETE", "/v3/projects/{project_id}/tags/{tag}"),
    ("list_domains", SYSTEM_READER, "List domains", "GET", "/v3/domains"),
    ("get_domain", OWN_DOMAIN, "Show a domain", "GET", "/v3/domains/{domain_id}"),
    ("create_domain", ADMIN, "Create a domain", "POST", "/v3/domains"),
    ("update_domain", ADMIN, "Change a domain", "PATCH", "/v3/domains/{domain_id}"),
    ("delete_domain", ADMIN, "Delete a domain", "DELETE", "/v3/domains/{domain_id}"),
    ("list_roles", SYSTEM_READER, "List roles", "GET", "/v3/roles"),
    ("get_role", SYSTEM_READER, "Show a role", "GET", "/v3/roles/{role_id}"),
    ("create_role", ADMIN, "Create a role", "POST", "/v3/roles"),
    ("update_role", ADMIN, "Change a role", "PATCH", "/v3/roles/{role_id}"),
    ("delete_role", ADMIN, "Delete a role", "DELETE", "/v3/roles/{role_id}"),
    ("list_domain_roles", DOMAIN_READER, "List the roles of a domain's own", "GET", "/v3/roles"),
    ("list_implied_roles", SYSTEM_READER, "List what a role implies", "GET", "/v3/roles/{role_id}/implies"),
    ("get_implied_role", SYSTEM_READER, "Show by which rule a role implies another", "GET",
     "/v3/roles/{role_id}/implies/{implied_role_id}"),
    ("check_implied_role", SYSTEM_READER, "See whether a role implies another", "HEAD",
     "/v3/roles/{role_id}/implies/{implied_role_id}"),
    ("create_implied_role", ADMIN, "Let a role imply another", "PUT", "/v3/roles/{role_id}/implies/{implied_role_id}"),
    ("delete_implied_role", ADMIN, "Let a role imply another no more", "DELETE",
     "/v3/roles/{role_id}/implies/{implied_role_id}"),
    ("list_role_inference_rules", SYSTEM_READER, "List all rules by which roles imply others", "GET",
     "/v3/role_inferences"),
    ("list_grants", DOMAIN_READER, "List the roles of a user or group on a target", "GET",
     "/v3/projects/{project_id}/users/{user_id}/roles"),
    ("check_grant", DOMAIN_READER, "See whether a user or group has a role on a target", "HEAD",
     "/v3/projects/{project_id}/users/{user_id}/roles/{role_id}"),
    ("create_grant", ADMIN, "Give a user or group a role on a target", "PUT",
     "/v3/projects/{project_id}/users/{user_id}/roles/{role_id}"),
    ("revoke_grant", ADMIN, "Take a role on a target from a user or group", "DELETE",
     "/v3/projects/{project_id}/users/{user_id}/roles/{role_id}"),
    ("list_role_assignments", DOMAIN_READER, "List role assignments", "GET", "/v3/role_assignments"),
    ("list_role_assignments_for_tree", DOMAIN_READER, "List role assignments of a project and those below", "GET",
     "/v3/role_assignments"),
    ("list_services", SYSTEM_READER, "List services", "GET", "/v3/services"),
    ("get_service", SYSTEM_READER, "Show a service", "GET", "/v3/services/{service_id}"),
    ("create_service", ADMIN, "Create a service", "POST", "/v3/services"),
    ("update_service", ADMIN, "Change a service", "PATCH", "/v3/services/{service_id}"),
    ("delete_service", ADMIN, "Delete a service", "DELETE", "/v3/services/{service_id}"),
    ("list_endpoints", SYSTEM_READER, "List endpoints", "GET", "/v3/endpoints"),
    ("get_endpoint", SYSTEM_READER, "Show an endpoint", "GET", "/v3/endpoints/{endpoint_id}"),
    ("create_endpoint", ADMIN, "Create an endpoint", "POST", "/v3/endpoints"),
    ("update_endpoint", ADMIN, "Change an endpoint", "PATCH", "/v3/endpoints/{endpoint_id}"),
    ("delete_endpoint", ADMIN, "Delete an endpoint", "DELETE", "/v3/endpoints/{endpoint_id}"),
    ("list_regions", ANYBODY, "List regions", "GET", "/v3/regions"),
    ("get_region", ANYBODY, "Show a region", "GET", "/v3/regions/{region_id}"),
    ("create_region", ADMIN, "Create a region", "POST", "/v3/regions"),
    ("update_region", ADMIN, "Change a region", "PATCH", "/v3/regions/{region_id}"),
    ("delete_region", ADMIN, "Delete a region", "DELETE", "/v3/regions/{region_id}"),
)

_PROJECT_USERS = "/v3/projects/{project_id}/users/{user_id}/"
_TARGETS = ("/v3/projects/{project_id}", "/v3/domains/{domain_id}", "/v3/system")
_INHERITED = ("/v3/OS-INHERIT/projects/{project_id}", "/v3/OS-INHERIT/domains/{domain_id}")
_ACTORS = ("users/{user_id}", "groups/{group_id}")


def _operations(method: str, path: str) -> list[dict[str, str]]:
    """A rule about a user's roles on a project is about groups, domains, the system and inherited roles too."""
    paths = [path]
    if path.startswith(_PROJECT_USERS):
        rest = path.removeprefix(_PROJECT_USERS)
        paths = [f"{target}/{actor}/{rest}" for target in _TARGETS for actor in _ACTORS]
        paths += [f"{target}/{actor}/{rest}/inherited_to_projects" for target in _INHERITED for actor in _ACTORS]
    methods = ("HEAD", "GET") if method == "HEAD" else (method,)
    return [{"method": each, "path": each_path} for each_path in paths for each in methods]


RULES = tuple(
    policy.DocumentedRuleDefault(f"identity:{name}", check, text, _operations(method, path))
    for name, check, text, method, path in _TABLE)
