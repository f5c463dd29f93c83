"""Access keys of users: credentials of type ec2 under the access key instead of an id."""

from typing import Any

import sqlalchemy as sa

from cumulo.api.identity.common import collection, require_own_rights, validator, visible
from cumulo.api.identity.credentials import view
from cumulo.api.wsgi.route import Request
from cumulo.common import errors
from cumulo.identity import credentials, users
from cumulo.identity.credentials import Key


def create(request: Request) -> dict[str, Any]:
    """Make an access key for a user in a project where they have a role."""
    services, user_id, project_id = request.services, request.params["user_id"], request.body["tenant_id"]
    fernet = validator(request).credential_keys.fernet()
    with services.database.read() as connection:
        _authorize(request, connection, "identity:ec2_create_credential")
        credentials.check_project(connection, user_id, project_id)
    with services.database.write() as connection:
        made = credentials.create(connection, fernet, services.ids, services.clock.now(),
                                  credentials.new_key(services.ids, user_id, project_id))
    return {"credential": view.access_key(request, credentials.as_key(made))}


def index(request: Request) -> dict[str, Any]:
    """List a user's access keys."""
    fernet = validator(request).credential_keys.fernet()
    with request.services.database.read() as connection:
        _authorize(request, connection, "identity:ec2_list_credentials")
        found = credentials.listed(connection, fernet, {"type": credentials.EC2}, only_user=request.params["user_id"])
    return collection(request, "credentials", [view.access_key(request, credentials.as_key(each)) for each in found])


def show(request: Request) -> dict[str, Any]:
    """Return a user's access key."""
    with request.services.database.read() as connection:
        _authorize(request, connection, "identity:ec2_get_credential")
        return {"credential": view.access_key(request, _key(request, connection))}


def delete(request: Request) -> None:
    """Delete a user's access key."""
    with request.services.database.write() as connection:
        _authorize(request, connection, "identity:ec2_delete_credential")
        credentials.delete(connection, _key(request, connection).credential.id)


def _authorize(request: Request, connection: sa.Connection, rule: str) -> None:
    user_id = request.params["user_id"]
    visible(request, rule, users.find(connection, user_id), f"user: {user_id}", {"user_id": user_id})
    require_own_rights(request)


def _key(request: Request, connection: sa.Connection) -> Key:
    access = request.params["access"]
    fernet = validator(request).credential_keys.fernet()
    found = credentials.key(connection, fernet, access, user_id=request.params["user_id"])
    if found is None:
        raise errors.NotFound(f"Could not find credential: {access}.")
    return found
