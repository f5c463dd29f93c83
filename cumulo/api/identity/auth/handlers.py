"""Logging in, and looking at, checking and revoking tokens."""

from typing import Any

import orjson

from cumulo.api.identity import views
from cumulo.api.identity.auth import methods, view
from cumulo.api.identity.common import changing, collection, query_of, self_url, validator
from cumulo.api.wsgi.route import Reply, Request
from cumulo.common import errors
from cumulo.common.db.tables import identity as tables
from cumulo.identity import assignments, authenticate, catalog, domains, lookup, projects, rows
from cumulo.identity.authenticate import Proof, Reference, Wish
from cumulo.identity.model import LOGIN_REFUSED, SYSTEM
from cumulo.identity.tokens import Token

RECEIPT = "Openstack-Auth-Receipt"
VARY = {"Vary": "X-Auth-Token"}


def log_in(request: Request) -> Reply:
    """Make a token for whoever proves who they are."""
    asked = request.body["auth"]
    proof = methods.prove(request, asked["identity"])
    if RECEIPT in request.headers:
        proof = authenticate.with_receipt(validator(request), proof, request.headers[RECEIPT])
    if rules := authenticate.missing_factors(request.services.database, proof):
        return _receipt(request, proof, rules)
    token_id, token = authenticate.issue(request.services.database, validator(request), proof,
                                         _wish(asked.get("scope")))
    body = view.token(token, catalog_of(request, token))
    return Reply(body, headers={"X-Subject-Token": token_id} | VARY)


def _receipt(request: Request, proof: Proof, rules: list[list[str]]) -> Reply:
    """Refuse for now, with a receipt for what has been shown; it comes back in the same header."""
    text, receipt = validator(request).seal_receipt(proof.user_id, proof.methods, proof.generation)
    with request.services.database.read() as connection:
        user = lookup.named(connection, tables.user, proof.user_id)
    if user is None:
        raise errors.Unauthorized(LOGIN_REFUSED)
    return Reply(view.receipt(receipt, user, rules), status=401, headers={RECEIPT: text})


def show(request: Request) -> Reply:
    """Return the token named by X-Subject-Token; a HEAD gets the same without the body."""
    token_id, token = _subject(request, "identity:validate_token")
    what = "body" if _shows_catalog(request, token) else "body without catalog"
    tokens = validator(request)
    body = tokens.made_of(
        token_id, what, lambda: orjson.dumps(view.token(token, catalog_of(request, token, tokens.generation))))
    return Reply(body, headers={"X-Subject-Token": token_id} | VARY, content_type="application/json")


def check(request: Request) -> Reply:
    """Say whether the token named by X-Subject-Token is good."""
    token_id, _ = _subject(request, "identity:validate_token")
    return Reply(headers={"X-Subject-Token": token_id} | VARY)


def revoke(request: Request) -> None:
    """Refuse the token named by X-Subject-Token from now on."""
    _, token = _subject(request, "identity:revoke_token")
    with changing(request) as (_, record):
        record.token(token.payload.audit_ids[0])


def own_catalog(request: Request) -> dict[str, Any]:
    """Return the catalog of the caller's token; Forbidden for an unscoped one."""
    context = request.context
    if not (context.project_id or context.domain_id or context.system_scope):
        raise errors.Forbidden("An unscoped token has no catalog.")
    with request.services.database.read() as connection:
        shown = catalog.for_token(connection, user_id=context.user_id or "", project_id=context.project_id)
    return {"catalog": shown, "links": {"self": self_url(request)}}


def own_projects(request: Request) -> dict[str, Any]:
    """List the projects the caller may get a token for."""
    with request.services.database.read() as connection:
        reachable = assignments.targets(connection, request.context.user_id or "", "project")
        found = projects.listed(connection, {"enabled": "true"}, only=reachable)
    return collection(request, "projects", [views.project(request, each) for each in found])


def own_domains(request: Request) -> dict[str, Any]:
    """List the domains the caller may get a token for."""
    with request.services.database.read() as connection:
        reachable = assignments.targets(connection, request.context.user_id or "", "domain")
        found = domains.listed(connection, {"enabled": "true"}, only=reachable)
    return collection(request, "domains", [views.domain(request, each) for each in found])


def own_system(request: Request) -> dict[str, Any]:
    """Say whether the caller may get a token for the whole system."""
    with request.services.database.read() as connection:
        has_role = bool(lookup.effective_roles(connection, request.context.user_id or "", SYSTEM))
    return {"system": [{"all": True}] if has_role else [], "links": {"self": self_url(request)}}


def _wish(scope: Any) -> Wish:
    if scope is None:
        return Wish()
    if scope == "unscoped" or "unscoped" in scope:
        return Wish("none")
    kind, named = next(iter(scope.items()))
    return Wish(kind, Reference() if kind == "system" else methods.reference(named))


def _subject(request: Request, rule: str) -> tuple[str, Token]:
    """Return the token that X-Subject-Token names; NotFound unless it is good."""
    token_id = request.headers.get("X-Subject-Token")
    if not token_id:
        raise errors.BadRequest("The header X-Subject-Token is required.")
    try:
        token = validator(request).inspect(token_id)
    except errors.Unauthorized as failure:
        raise errors.NotFound("Could not find token.") from failure
    request.authorize(rule, {"user_id": token.payload.user_id})
    return token_id, token


def _shows_catalog(request: Request, token: Token) -> bool:
    query = query_of(request)
    return token.payload.scope.kind != "none" and not ("nocatalog" in query and rows.is_true(query["nocatalog"]))


def catalog_of(request: Request, token: Token, generation: int | None = None) -> list[dict[str, Any]] | None:
    """Return the catalog to show with a token, as of the generation or later: of the token's own for a new one.

    None for an unscoped token, and where the caller wants none.
    """
    if not _shows_catalog(request, token):
        return None
    at = token.payload.generation if generation is None else generation
    user_id, project_id = token.payload.user_id, token.facts.project.id if token.facts.project else None
    memory, key = validator(request).memory, ("catalog", user_id, project_id)
    shown: list[dict[str, Any]] | None = memory.recall(at, key)
    if shown is None:
        with request.services.database.read() as connection:
            shown = catalog.for_token(connection, user_id=user_id, project_id=project_id)
        memory.keep(at, key, shown)
    return shown
