"""Application credentials: create, list, show, delete; and the access rules that a user has described for them."""

import base64
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from cumulo.api.identity.application_credentials import view
from cumulo.api.identity.common import (
    changing, collection, moment_of, query_of, require_own_rights, validator, visible)
from cumulo.api.wsgi.route import Request
from cumulo.common import errors
from cumulo.identity import access_rules, application_credentials, users
from cumulo.identity.application_credentials import Made
from cumulo.identity.model import Role
from cumulo.identity.passwords import hash_password
from cumulo.identity.tokens import Token

SECRET_BYTES = 64


def create(request: Request) -> dict[str, Any]:
    """Hand on roles of the caller's own token; the secret is in this answer and nowhere else."""
    values, services = request.body["application_credential"], request.services
    user_id = request.params["user_id"]
    request.authorize("identity:create_application_credential", {"user_id": user_id})
    require_own_rights(request)
    token = validator(request).inspect(request.headers["X-Auth-Token"])
    if token.facts.project is None:
        raise errors.BadRequest("An application credential is for a project: use a token for one.")
    secret = values.get("secret") or _new_secret(request)
    wanted = Made(
        user_id=user_id, project_id=token.facts.project.id, name=values["name"], description=values.get("description"),
        secret_hash=hash_password(services.threads, secret, services.conf.identity.password_hash_rounds),
        unrestricted=bool(values.get("unrestricted")), expires_at=moment_of(request, values.get("expires_at")),
        role_ids=_role_ids(token, values.get("roles")),
        # The standard client sends an empty list where it was told of no rules.
        rules=values.get("access_rules") or None)
    with services.database.write() as connection:
        services.tokens.hold(connection, wanted.project_id)
        made = application_credentials.create(connection, services.ids, services.clock.now(), wanted)
    return {"application_credential": view.credential(request, made) | {"secret": secret}}


def index(request: Request) -> dict[str, Any]:
    """List a user's application credentials."""
    with request.services.database.read() as connection:
        user_id = _whose(request, connection, "identity:list_application_credentials")
        found = application_credentials.listed(connection, user_id, query_of(request))
    return collection(request, "application_credentials", [view.credential(request, each) for each in found])


def show(request: Request) -> dict[str, Any]:
    """Return one of a user's application credentials."""
    with request.services.database.read() as connection:
        user_id = _whose(request, connection, "identity:get_application_credential")
        found = application_credentials.get(connection, user_id, request.params["application_credential_id"])
    return {"application_credential": view.credential(request, found)}


def delete(request: Request) -> None:
    """Delete an application credential; its tokens are refused from now on."""
    user_id = request.params["user_id"]
    request.authorize("identity:delete_application_credential", {"user_id": user_id})
    require_own_rights(request)
    with changing(request) as (connection, record):
        application_credentials.delete(connection, record, user_id, request.params["application_credential_id"])


def list_rules(request: Request) -> dict[str, Any]:
    """List a user's access rules."""
    with request.services.database.read() as connection:
        user_id = _whose(request, connection, "identity:list_access_rules")
        found = access_rules.listed(connection, user_id, query_of(request))
    return collection(request, "access_rules", [view.rule(request, user_id, each) for each in found])


def show_rule(request: Request) -> dict[str, Any]:
    """Return one of a user's access rules."""
    with request.services.database.read() as connection:
        user_id = _whose(request, connection, "identity:get_access_rule")
        found = access_rules.get(connection, user_id, request.params["access_rule_id"])
    return {"access_rule": view.rule(request, user_id, found)}


def delete_rule(request: Request) -> None:
    """Delete an access rule that no application credential is limited to."""
    user_id = request.params["user_id"]
    request.authorize("identity:delete_access_rule", {"user_id": user_id})
    require_own_rights(request)
    with request.services.database.write() as connection:
        access_rules.delete(connection, user_id, request.params["access_rule_id"])


def _whose(request: Request, connection: sa.Connection, rule: str) -> str:
    """Return the user of the path if policy lets the caller look at what is theirs."""
    user_id = request.params["user_id"]
    visible(request, rule, users.find(connection, user_id), f"user: {user_id}", {"user_id": user_id})
    return user_id


def _new_secret(request: Request) -> str:
    return base64.urlsafe_b64encode(request.services.ids.random_bytes(SECRET_BYTES)).rstrip(b"=").decode()


def _role_ids(token: Token, wanted: list[Mapping[str, str]] | None) -> list[str]:
    """Return the roles to hand on: by default all that the caller's token has, never one that it has not."""
    if not wanted:
        return [role.id for role in token.facts.roles]
    return list(dict.fromkeys(_held(token, each).id for each in wanted))


def _held(token: Token, wanted: Mapping[str, str]) -> Role:
    for role in token.facts.roles:
        if role.id == wanted.get("id") or ("id" not in wanted and role.name == wanted["name"]):
            return role
    raise errors.BadRequest("Only roles that your token has can be handed on.")
