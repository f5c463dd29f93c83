"""Consumers; the way from a request token to an access token; and a user's access tokens."""

from typing import Any
from urllib.parse import urlencode

import sqlalchemy as sa

from cumulo.api.identity import views
from cumulo.api.identity.common import changing, collection, link, require_own_rights, validator
from cumulo.api.identity.oauth import signed
from cumulo.api.wsgi.route import Reply, Request
from cumulo.api.wsgi.times import iso_micro_z
from cumulo.common import errors
from cumulo.identity import oauth, roles, users
from cumulo.identity.model import AccessToken
from cumulo.identity.oauth import Consumer

FORM = "application/x-www-form-urlencoded"
PROJECT_HEADER = "Requested-Project-Id"


def create(request: Request) -> dict[str, Any]:
    """Create a consumer; its secret is in this answer and nowhere else."""
    services, fernet = request.services, validator(request).credential_keys.fernet()
    with services.database.write() as connection:
        made, secret = oauth.create_consumer(connection, fernet, services.ids, services.clock.now(),
                                             request.body["consumer"])
    return {"consumer": _consumer(request, made) | {"secret": secret}}


def index(request: Request) -> dict[str, Any]:
    """List consumers."""
    with request.services.database.read() as connection:
        found = oauth.list_consumers(connection)
    return collection(request, "consumers", [_consumer(request, each) for each in found])


def show(request: Request) -> dict[str, Any]:
    """Return a consumer."""
    with request.services.database.read() as connection:
        found = oauth.get_consumer(connection, request.params["consumer_id"])
    return {"consumer": _consumer(request, found)}


def update(request: Request) -> dict[str, Any]:
    """Change a consumer."""
    with request.services.database.write() as connection:
        changed = oauth.update_consumer(connection, request.params["consumer_id"], request.body["consumer"])
    return {"consumer": _consumer(request, changed)}


def delete(request: Request) -> None:
    """Delete a consumer; users' tokens for it are no good any more."""
    with changing(request) as (connection, record):
        oauth.delete_consumer(connection, record, request.params["consumer_id"])


def request_token(request: Request) -> Reply:
    """Give a consumer a request token for the project that a header names."""
    parameters, services = signed.check(request, None), request.services
    project_id, fernet = request.headers.get(PROJECT_HEADER, ""), validator(request).credential_keys.fernet()
    with services.database.write() as connection:
        token_id, secret, ends = oauth.request_token(connection, fernet, services.ids, services.clock.now(),
                                                     parameters["oauth_consumer_key"], project_id)
    return _form(oauth_token=token_id, oauth_token_secret=secret, oauth_expires_at=iso_micro_z(ends) or "")


def authorize(request: Request) -> dict[str, Any]:
    """Let a request token have roles of the caller; return what proves to the consumer that they agreed."""
    require_own_rights(request)
    token_id, services = request.params["request_token_id"], request.services
    token = validator(request).inspect(request.headers["X-Auth-Token"])
    with services.database.write() as connection:
        project_id = oauth.project_of(connection, services.clock.now(), token_id)
        if token.facts.project is None or token.facts.project.id != project_id:
            raise errors.Forbidden("A request token is agreed to with a token for its own project.")
        held = {each.id: each.name for each in token.facts.roles}
        verifier = oauth.agree(connection, services.ids, token_id, token.facts.user.id, _role_ids(request, held))
    return {"token": {"oauth_verifier": verifier}}


def access_token(request: Request) -> Reply:
    """Give a consumer the access token for a request token that a user agreed to."""
    parameters, services = signed.check(request, "request"), request.services
    fernet = validator(request).credential_keys.fernet()
    with services.database.write() as connection:
        token_id, secret = oauth.exchange(connection, fernet, services.ids, services.clock.now(),
                                          parameters["oauth_token"], parameters.get("oauth_verifier", ""))
    return _form(oauth_token=token_id, oauth_token_secret=secret)


def own_index(request: Request) -> dict[str, Any]:
    """List a user's access tokens."""
    user_id = _whose(request, "identity:list_access_tokens")
    with request.services.database.read() as connection:
        users.get(connection, user_id)
        found = oauth.listed(connection, user_id)
    return collection(request, "access_tokens", [_access(request, each) for each in found])


def own_show(request: Request) -> dict[str, Any]:
    """Return a user's access token."""
    with request.services.database.read() as connection:
        return {"access_token": _access(request, _own(request, connection, "identity:get_access_token"))}


def own_roles(request: Request) -> dict[str, Any]:
    """List the roles of a user's access token."""
    with request.services.database.read() as connection:
        found = _own(request, connection, "identity:list_access_token_roles")
        shown = [views.role(request, roles.get(connection, each.id)) for each in found.roles]
    return collection(request, "roles", shown)


def own_role(request: Request) -> dict[str, Any]:
    """Return a role of a user's access token."""
    with request.services.database.read() as connection:
        found = _own(request, connection, "identity:get_access_token_role")
        if request.params["role_id"] not in {each.id for each in found.roles}:
            raise errors.NotFound(f"Could not find role: {request.params['role_id']}.")
        return {"role": views.role(request, roles.get(connection, request.params["role_id"]))}


def own_delete(request: Request) -> None:
    """Take back what a user let a consumer do."""
    _whose(request, "identity:delete_access_token")
    require_own_rights(request)
    with changing(request) as (connection, record):
        oauth.delete(connection, record, _own(request, connection, "identity:delete_access_token").id)


def _own(request: Request, connection: sa.Connection, rule: str) -> AccessToken:
    return oauth.get(connection, _whose(request, rule), request.params["access_token_id"])


def _whose(request: Request, rule: str) -> str:
    """Return the user in the path; raises Forbidden where the caller may not."""
    user_id = request.params["user_id"]
    request.authorize(rule, {"user_id": user_id})
    return user_id


def _role_ids(request: Request, held: dict[str, str]) -> list[str]:
    """Return the ids of the roles to hand on; raises Forbidden for one that the caller's token has not."""
    by_name = {name: role_id for role_id, name in held.items()}
    wanted = [each.get("id") or by_name.get(each["name"], "") for each in request.body["roles"]]
    if not set(wanted) <= held.keys():
        raise errors.Forbidden("Only roles of the caller's own token can be handed on.")
    return list(dict.fromkeys(wanted))


def _form(**values: str) -> Reply:
    return Reply(urlencode(values), content_type=FORM)


def _consumer(request: Request, record: Consumer) -> dict[str, Any]:
    return {**record.extra, "id": record.id, "description": record.description,
            "links": {"self": link(request, "OS-OAUTH1", "consumers", record.id)}}


def _access(request: Request, record: AccessToken) -> dict[str, Any]:
    own = link(request, "users", record.user_id, "OS-OAUTH1", "access_tokens", record.id)
    return {"id": record.id, "consumer_id": record.consumer_id, "project_id": record.project_id,
            "authorizing_user_id": record.user_id, "expires_at": iso_micro_z(record.expires_at),
            "links": {"self": own, "roles": f"{own}/roles"}}
