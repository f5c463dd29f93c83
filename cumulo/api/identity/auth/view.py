"""Tokens as JSON."""

from typing import Any

from cumulo.api.wsgi.times import iso_micro_z
from cumulo.identity.model import ApplicationCredential, Named
from cumulo.identity.receipts import Receipt
from cumulo.identity.tokens import Token


def token(shown: Token, catalog: list[dict[str, Any]] | None) -> dict[str, Any]:
    """Return the body of a token; the catalog is left out where it is None."""
    content, facts = shown.payload, shown.facts
    body: dict[str, Any] = {
        "methods": list(content.methods),
        "user": {**_named(facts.user), "password_expires_at": iso_micro_z(facts.user.password_expires_at)},
        "audit_ids": list(content.audit_ids), "expires_at": iso_micro_z(content.expires_at),
        "issued_at": iso_micro_z(content.issued_at)}
    if facts.project is not None:
        body |= {"project": _named(facts.project), "is_domain": False}
    if facts.domain is not None:
        body["domain"] = {"id": facts.domain.id, "name": facts.domain.name}
    if content.scope.kind == "system":
        body["system"] = {"all": True}
    if content.scope.kind != "none":
        body["roles"] = [{"id": role.id, "name": role.name} for role in facts.roles]
        if catalog is not None:
            body["catalog"] = catalog
    if facts.application_credential is not None:
        body["application_credential"] = _credential(facts.application_credential)
    if facts.trust is not None:
        trust = facts.trust
        body["OS-TRUST:trust"] = {
            "id": trust.id, "impersonation": trust.impersonation, "trustor_user": {"id": trust.trustor_user_id},
            "trustee_user": {"id": trust.trustee_user_id}}
    if facts.access_token is not None:
        body["OS-OAUTH1"] = {"access_token_id": facts.access_token.id, "consumer_id": facts.access_token.consumer_id}
    return {"token": body}


def _credential(record: ApplicationCredential) -> dict[str, Any]:
    shown: dict[str, Any] = {"id": record.id, "name": record.name, "restricted": not record.unrestricted}
    if record.rules is not None:
        shown["access_rules"] = [{"id": each.id, "service": each.service, "method": each.method, "path": each.path}
                                 for each in record.rules]
    return shown


def _named(thing: Named) -> dict[str, Any]:
    return {"id": thing.id, "name": thing.name, "domain": {"id": thing.domain_id, "name": thing.domain_name}}


def receipt(shown: Receipt, user: Named, rules: list[list[str]]) -> dict[str, Any]:
    """Return the body of an answer that asks for more factors: an error, and what clients go on with."""
    return {
        "error": {"code": 401, "title": "Unauthorized", "message": "Additional authentications steps required."},
        "receipt": {"methods": list(shown.methods), "user": _named(user), "issued_at": iso_micro_z(shown.issued_at),
                    "expires_at": iso_micro_z(shown.expires_at)},
        "required_auth_methods": rules}
