"""Credentials: create, list, show, change, delete. A stranger's is not found."""

from typing import Any

from cryptography.fernet import MultiFernet

from cumulo.api.identity.common import collection, query_of, require_own_rights, validator
from cumulo.api.identity.credentials import view
from cumulo.api.wsgi.route import Request
from cumulo.common import errors
from cumulo.identity import credentials, projects, users

NOBODYS = {"user_id": ""}


def create(request: Request) -> dict[str, Any]:
    """Keep a secret, for the caller unless another user is named."""
    services, values = request.services, dict(request.body["credential"])
    values["user_id"] = values.get("user_id") or request.context.user_id
    request.authorize("identity:create_credential", {"user_id": values["user_id"]})
    require_own_rights(request)
    with services.database.read() as connection:
        _check(request, connection, values)
    with services.database.write() as connection:
        made = credentials.create(connection, _fernet(request), services.ids, services.clock.now(), values)
    return {"credential": view.credential(request, made)}


def index(request: Request) -> dict[str, Any]:
    """List the caller's credentials; everybody's for those who may see everybody's."""
    require_own_rights(request)
    with request.services.database.read() as connection:
        found = credentials.listed(connection, _fernet(request), query_of(request),
                                   only_user=_only_user(request, "identity:list_credentials"))
    return collection(request, "credentials", [view.credential(request, each) for each in found])


def show(request: Request) -> dict[str, Any]:
    """Return a credential."""
    require_own_rights(request)
    with request.services.database.read() as connection:
        found = credentials.get(connection, _fernet(request), request.params["credential_id"],
                                only_user=_only_user(request, "identity:get_credential"))
    return {"credential": view.credential(request, found)}


def update(request: Request) -> dict[str, Any]:
    """Change a credential; only administrators give it to another user."""
    services, values = request.services, request.body["credential"]
    require_own_rights(request)
    only_user = _only_user(request, "identity:update_credential")
    with services.database.write() as connection:
        before = credentials.get(connection, _fernet(request), request.params["credential_id"], only_user=only_user,
                                 lock=True)
        request.authorize("identity:update_credential", {"user_id": values.get("user_id") or before.user_id})
        _check(request, connection, {"user_id": before.user_id} | values)
        changed = credentials.update(connection, _fernet(request), services.clock.now(), before, values)
    return {"credential": view.credential(request, changed)}


def delete(request: Request) -> None:
    """Delete a credential."""
    require_own_rights(request)
    only_user = _only_user(request, "identity:delete_credential")
    with request.services.database.write() as connection:
        found = credentials.get(connection, _fernet(request), request.params["credential_id"], only_user=only_user)
        credentials.delete(connection, found.id)


def _only_user(request: Request, rule: str) -> str | None:
    """Return None for a caller whom policy lets at everybody's, else the caller."""
    return None if request.may(rule, NOBODYS) else request.context.user_id


def _check(request: Request, connection: Any, values: dict[str, Any]) -> None:
    """Raise BadRequest for a user or project that is not there, or that the caller must not name."""
    project_id = values.get("project_id")
    if "admin" not in request.context.roles:
        credentials.check_project(connection, values["user_id"], project_id)
    elif users.find(connection, values["user_id"]) is None:
        raise errors.BadRequest(f"Could not find user: {values['user_id']}.")
    elif project_id is not None and projects.find(connection, project_id) is None:
        raise errors.BadRequest(f"Could not find project: {project_id}.")


def _fernet(request: Request) -> MultiFernet:
    return validator(request).credential_keys.fernet()
