"""Version 2.0 over the rules of version 3: it knows no domains, so only users and projects of the default one."""

from typing import Any

from cumulo.api.identity.auth import handlers as auth
from cumulo.api.identity.auth import methods
from cumulo.api.identity.common import validator
from cumulo.api.identity.v2 import view
from cumulo.api.wsgi.route import Reply, Request
from cumulo.common import errors
from cumulo.identity import authenticate
from cumulo.identity.authenticate import Reference, Wish
from cumulo.identity.model import LOGIN_REFUSED
from cumulo.identity.tokens import DEFAULT_DOMAIN_ID, Token

UPDATED = "2014-04-17T00:00:00Z"


def version(request: Request) -> dict[str, Any]:
    """Answer with what there is of version 2.0."""
    return {"version": {"id": "v2.0", "status": "deprecated", "updated": UPDATED,
                        "links": [{"rel": "self", "href": f"{request.url}/v2.0/"}], "media-types": [
                            {"base": "application/json", "type": "application/vnd.openstack.identity-v2.0+json"}]}}


def log_in(request: Request) -> Reply:
    """Make a token for whoever proves who they are; without a tenant as version 3 does without a scope."""
    asked = request.body["auth"]
    services = request.services
    proof = methods.prove(request, _identity(asked))
    if authenticate.missing_factors(services.database, proof):  # there is no form for asking for more
        raise errors.Unauthorized(LOGIN_REFUSED)
    token_id, token = authenticate.issue(services.database, validator(request), proof, _wish(asked))
    if not _is_in_default_domain(token):
        raise errors.Unauthorized(LOGIN_REFUSED)
    return Reply(view.access(token_id, token, auth.catalog_of(request, token)), headers=auth.VARY)


def show(request: Request) -> Reply:
    """Return a token; NotFound unless it is good and the caller may look at it."""
    token_id = request.params["token_id"]
    try:
        token = validator(request).inspect(token_id, fresh=True)
    except errors.Unauthorized as failure:
        raise errors.NotFound("Could not find token.") from failure
    may_look = request.may("identity:v2_validate_token", {"user_id": token.payload.user_id})
    if not (may_look and _is_in_default_domain(token)):
        raise errors.NotFound("Could not find token.")
    return Reply(view.access(token_id, token, auth.catalog_of(request, token)), headers=auth.VARY)


def list_tenants(request: Request) -> dict[str, Any]:
    """List the projects the caller may get a token for."""
    found = [each for each in auth.own_projects(request)["projects"] if each["domain_id"] == DEFAULT_DOMAIN_ID]
    return {"tenants": [view.tenant(each) for each in found], "tenants_links": []}


def _identity(asked: dict[str, Any]) -> dict[str, Any]:
    """Return the login as version 3 has it."""
    if "passwordCredentials" not in asked:
        return {"methods": ["token"], "token": asked["token"]}
    said = asked["passwordCredentials"]
    user = {"id": said["userId"]} if "userId" in said else {
        "name": said["username"], "domain": {"id": DEFAULT_DOMAIN_ID}}
    return {"methods": ["password"], "password": {"user": user | {"password": said["password"]}}}


def _wish(asked: dict[str, Any]) -> Wish:
    if "tenantId" in asked:
        return Wish("project", Reference(asked["tenantId"]))
    if "tenantName" in asked:
        return Wish("project", Reference(name=asked["tenantName"], domain_id=DEFAULT_DOMAIN_ID))
    return Wish()


def _is_in_default_domain(token: Token) -> bool:
    user, project = token.facts.user, token.facts.project
    return (user.domain_id == DEFAULT_DOMAIN_ID and (project is None or project.domain_id == DEFAULT_DOMAIN_ID)
            and token.payload.scope.kind in ("none", "project"))
