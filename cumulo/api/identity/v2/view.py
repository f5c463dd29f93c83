"""Tokens and tenants in the form of version 2.0."""

from typing import Any

from cumulo.api.wsgi.times import iso_z
from cumulo.identity.tokens import Token

_INTERFACES = {"public": "publicURL", "internal": "internalURL", "admin": "adminURL"}


def access(token_id: str, token: Token, catalog: list[dict[str, Any]] | None) -> dict[str, Any]:
    """Return the body of a token."""
    content, facts = token.payload, token.facts
    shown: dict[str, Any] = {
        "id": token_id, "issued_at": iso_z(content.issued_at), "expires": iso_z(content.expires_at),
        "audit_ids": list(content.audit_ids)}
    if facts.project is not None:
        shown["tenant"] = {"id": facts.project.id, "name": facts.project.name, "enabled": True, "description": ""}
    return {"access": {
        "token": shown, "serviceCatalog": [_service(each) for each in catalog or ()],
        "user": {"id": facts.user.id, "name": facts.user.name, "username": facts.user.name, "roles_links": [],
                 "roles": [{"name": role.name} for role in facts.roles]},
        "metadata": {"is_admin": 0, "roles": [role.id for role in facts.roles]}}}


def tenant(project: dict[str, Any]) -> dict[str, Any]:
    """Return a project of version 3 as a tenant."""
    return {name: project[name] for name in ("id", "name", "description", "enabled")}


def _service(service: dict[str, Any]) -> dict[str, Any]:
    """Return a service; version 2.0 has one entry for the interfaces of a region."""
    regions: dict[str, dict[str, Any]] = {}
    for each in service["endpoints"]:
        entry = regions.setdefault(each["region"], {"region": each["region"], "id": each["id"]})
        entry[_INTERFACES[each["interface"]]] = each["url"]
    return {"type": service["type"], "name": service["name"], "endpoints": list(regions.values()),
            "endpoints_links": []}
