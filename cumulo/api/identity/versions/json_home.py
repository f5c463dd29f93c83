"""JSON-home: the route table as a document of link relations, so that a client need not know any path.

A relation is named after its path: /users/{user_id}/projects is user_projects, a path that ends in a variable is
one thing. Where the names of this API are others, NAMES says so.
"""

import re
from collections.abc import Iterable
from typing import Any

from cumulo.api.wsgi.route import Route

CONTENT_TYPE = "application/json-home"
_BASE = "https://docs.openstack.org/api/openstack-identity/3"
_PREFIX = "/v3"
_VARIABLE = re.compile(r"\{(\w+)\}")

NAMES = {
    "/domains/{domain_id}/config/{group}": "domain_config_group",
    "/domains/{domain_id}/config/{group}/{option}": "domain_config_option",
    "/domains/config/default": "domain_config_default",
    "/domains/config/{group}/default": "domain_config_default_group",
    "/domains/config/{group}/{option}/default": "domain_config_default_option",
    "/limits/model": "limit_model",
    "/OS-OAUTH1/authorize/{request_token_id}": "authorize_request_token",
    "/OS-OAUTH1/request_token": "request_tokens",
    "/OS-OAUTH1/access_token": "access_tokens",
    "/users/{user_id}/password": "user_change_password",
    "/users/{user_id}/application_credentials": "application_credentials",
    "/users/{user_id}/application_credentials/{application_credential_id}": "application_credential",
    "/users/{user_id}/access_rules": "access_rules",
    "/users/{user_id}/access_rules/{access_rule_id}": "access_rule",
    "/roles/{prior_role_id}/implies": "implied_roles",
    "/roles/{prior_role_id}/implies/{implied_role_id}": "implied_role",
    "/OS-EP-FILTER/endpoint_groups/{endpoint_group_id}/endpoints": "endpoints_in_endpoint_group",
    "/OS-EP-FILTER/endpoint_groups/{endpoint_group_id}/projects": "projects_associated_with_endpoint_group",
    "/OS-EP-FILTER/endpoint_groups/{endpoint_group_id}/projects/{project_id}":
        "endpoint_group_to_project_association",
    "/policies/{policy_id}/OS-ENDPOINT-POLICY/endpoints/{endpoint_id}": "endpoint_policy_association",
    "/policies/{policy_id}/OS-ENDPOINT-POLICY/services/{service_id}": "service_policy_association",
    "/policies/{policy_id}/OS-ENDPOINT-POLICY/services/{service_id}/regions/{region_id}":
        "region_and_service_policy_association",
}


def document(routes: Iterable[Route], prefix: str = "") -> dict[str, Any]:
    """Return the document of every path below /v3; prefix stands before the paths in it."""
    paths = dict.fromkeys(route.path.removeprefix(_PREFIX) for route in routes if route.path.startswith(f"{_PREFIX}/"))
    return {"resources": {relation(path): _target(path, prefix) for path in paths}}


def relation(path: str) -> str:
    """Return the link relation of a path."""
    return f"{_namespace(path)}/rel/{NAMES.get(path) or _name(path)}"


def _target(path: str, prefix: str) -> dict[str, Any]:
    variables = _VARIABLE.findall(path)
    if not variables:
        return {"href": prefix + path}
    return {"href-template": prefix + path, "href-vars": {name: f"{_BASE}/param/{name}" for name in variables}}


def _namespace(path: str) -> str:
    extension = next((part for part in path.split("/") if part.startswith("OS-")), None)
    return f"{_BASE}/ext/{extension}/1.0" if extension else _BASE


def _name(path: str) -> str:
    """Return the words of a path, in the singular where a variable follows."""
    parts = [part for part in path.split("/") if part and not part.startswith("OS-")]
    words = [_singular(part) if after.startswith("{") else part
             for part, after in zip(parts, [*parts[1:], ""], strict=True) if not part.startswith("{")]
    return "_".join(words)


def _singular(word: str) -> str:
    return word.removesuffix("ies") + "y" if word.endswith("ies") else word.removesuffix("s")
