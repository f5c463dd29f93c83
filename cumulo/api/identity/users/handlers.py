"""Users: create, list, show, change, delete, and a user's own change of password."""

from typing import Any

from cumulo.api.identity import views
from cumulo.api.identity.common import changing, collection, query_of, validator, visible
from cumulo.api.wsgi.route import Request
from cumulo.common import errors
from cumulo.identity import assignments, projects, users
from cumulo.identity.model import LOGIN_REFUSED
from cumulo.identity.passwords import hash_password
from cumulo.identity.tokens import DEFAULT_DOMAIN_ID


def create(request: Request) -> dict[str, Any]:
    """Create a user, in the caller's own domain unless another is named."""
    values, services = request.body["user"], request.services
    domain_id = values.get("domain_id") or request.context.domain_id or request.context.project_domain_id
    password_hash = _hash(request, values.get("password"))
    with services.database.write() as connection:
        made = users.create(connection, services.ids, services.clock.now(), domain_id or DEFAULT_DOMAIN_ID, values,
                            password_hash)
    return {"user": views.user(request, made)}


def index(request: Request) -> dict[str, Any]:
    """List users; a reader of one domain gets those of that domain."""
    query = query_of(request)
    request.authorize("identity:list_users", {"domain_id": query.get("domain_id") or request.context.domain_id or ""})
    if request.context.domain_id and "admin" not in request.context.roles:
        query["domain_id"] = request.context.domain_id
    with request.services.database.read() as connection:
        found = users.listed(connection, query)
    return collection(request, "users", [views.user(request, each) for each in found])


def show(request: Request) -> dict[str, Any]:
    """Return a user."""
    user_id = request.params["user_id"]
    with request.services.database.read() as connection:
        found = users.find(connection, user_id)
    target = {"user_id": user_id, "domain_id": found.domain_id if found else ""}
    return {"user": views.user(request, visible(request, "identity:get_user", found, f"user: {user_id}", target))}


def update(request: Request) -> dict[str, Any]:
    """Change a user; a new password or disabling refuses their tokens."""
    values = request.body["user"]
    password_hash = _hash(request, values.get("password"))
    with changing(request) as (connection, record):
        changed = users.update(connection, record, request.services.clock.now(), request.params["user_id"], values,
                               password_hash)
    return {"user": views.user(request, changed)}


def delete(request: Request) -> None:
    """Delete a user."""
    with changing(request) as (connection, record):
        users.delete(connection, record, request.params["user_id"])


def change_password(request: Request) -> None:
    """Change a password for whoever knows it; every token of the user is refused from now on.

    Needs no token: the old password proves more than one would.
    """
    values, user_id, services = request.body["user"], request.params["user_id"], request.services
    with services.database.read() as connection:
        stored = users.stored_password(connection, user_id)
    is_right = validator(request).passwords.is_right(services.threads, values["original_password"], stored)
    if stored is None or not is_right:
        raise errors.Unauthorized(LOGIN_REFUSED)
    password_hash = hash_password(services.threads, values["password"], services.conf.identity.password_hash_rounds)
    with changing(request) as (connection, record):
        if not users.change_password(connection, record, services.clock.now(), user_id, before=stored,
                                     after=password_hash):
            raise errors.Unauthorized(LOGIN_REFUSED)


def list_projects(request: Request) -> dict[str, Any]:
    """List the projects on which a user has a role."""
    user_id = request.params["user_id"]
    with request.services.database.read() as connection:
        user = users.find(connection, user_id)
        target = {"user_id": user_id, "domain_id": user.domain_id if user else ""}
        visible(request, "identity:list_user_projects", user, f"user: {user_id}", target)
        found = projects.listed(connection, query_of(request), only=assignments.targets(connection, user_id, "project"))
    return collection(request, "projects", [views.project(request, each) for each in found])


def _hash(request: Request, password: str | None) -> str | None:
    if password is None:
        return None
    return hash_password(request.services.threads, password, request.services.conf.identity.password_hash_rounds)
