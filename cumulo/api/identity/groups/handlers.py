"""Groups: create, list, show, change, delete, and who is in them."""

from typing import Any

from cumulo.api.identity import views
from cumulo.api.identity.common import changing, collection, query_of, visible
from cumulo.api.identity.users.handlers import FEDERATED, expiring
from cumulo.api.wsgi.route import Request
from cumulo.identity import groups, users
from cumulo.identity.model import Group
from cumulo.identity.tokens import DEFAULT_DOMAIN_ID


def create(request: Request) -> dict[str, Any]:
    """Create a group, in the caller's own domain unless another is named."""
    values, services, context = request.body["group"], request.services, request.context
    domain_id = values.get("domain_id") or context.domain_id or context.project_domain_id or DEFAULT_DOMAIN_ID
    with services.database.write() as connection:
        made = groups.create(connection, services.ids, services.clock.now(), domain_id, values)
    return {"group": views.group(request, made)}


def index(request: Request) -> dict[str, Any]:
    """List groups; a reader of one domain gets those of that domain."""
    query, context = query_of(request), request.context
    request.authorize("identity:list_groups", {"domain_id": query.get("domain_id") or context.domain_id or ""})
    if context.domain_id and "admin" not in context.roles:
        query["domain_id"] = context.domain_id
    with request.services.database.read() as connection:
        found = groups.listed(connection, query)
    return collection(request, "groups", [views.group(request, each) for each in found])


def show(request: Request) -> dict[str, Any]:
    """Return a group."""
    return {"group": views.group(request, _group(request, "identity:get_group"))}


def update(request: Request) -> dict[str, Any]:
    """Change a group."""
    with request.services.database.write() as connection:
        changed = groups.update(connection, request.params["group_id"], request.body["group"])
    return {"group": views.group(request, changed)}


def delete(request: Request) -> None:
    """Delete a group; its users lose what they had by it."""
    with changing(request) as (connection, record):
        groups.delete(connection, record, request.params["group_id"])


def list_users(request: Request) -> dict[str, Any]:
    """List the users of a group."""
    query = query_of(request)
    group, expires = _group(request, "identity:list_users_in_group"), expiring(query)
    with request.services.database.read() as connection:
        found = [] if FEDERATED & query.keys() else groups.members(connection, group.id, query, expires)
    return collection(request, "users", [views.user(request, each) for each in found])


def list_of_user(request: Request) -> dict[str, Any]:
    """List the groups a user is in."""
    user_id = request.params["user_id"]
    with request.services.database.read() as connection:
        user = users.find(connection, user_id)
        target = {"user_id": user_id, "domain_id": user.domain_id if user else ""}
        visible(request, "identity:list_groups_for_user", user, f"user: {user_id}", target)
        found = groups.listed(connection, query_of(request), user_id=user_id)
    return collection(request, "groups", [views.group(request, each) for each in found])


def add_user(request: Request) -> None:
    """Put a user into a group."""
    with changing(request) as (connection, record):
        groups.add(connection, record, request.params["group_id"], request.params["user_id"])


def check_user(request: Request) -> None:
    """Answer 204 if the user is in the group, else 404."""
    group, user_id = _group(request, "identity:check_user_in_group"), request.params["user_id"]
    with request.services.database.read() as connection:
        is_member = groups.is_member(connection, group.id, user_id)
    if not is_member:
        raise groups.not_member(group.id, user_id)


def remove_user(request: Request) -> None:
    """Take a user out of a group."""
    with changing(request) as (connection, record):
        groups.remove(connection, record, request.params["group_id"], request.params["user_id"])


def _group(request: Request, rule: str) -> Group:
    group_id = request.params["group_id"]
    with request.services.database.read() as connection:
        found = groups.find(connection, group_id)
    return visible(request, rule, found, f"group: {group_id}", {"domain_id": found.domain_id if found else ""})
