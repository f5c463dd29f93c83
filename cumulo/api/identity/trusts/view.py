"""Trusts as JSON."""

from typing import Any

from cumulo.api.identity.common import link
from cumulo.api.wsgi.route import Request
from cumulo.api.wsgi.times import iso_micro_z
from cumulo.identity.model import Role, Trust


def trust(request: Request, record: Trust, *, with_roles: bool = True) -> dict[str, Any]:
    """Return a trust; lists leave its roles out."""
    url = link(request, "OS-TRUST", "trusts", record.id)
    shown: dict[str, Any] = {
        "id": record.id, "trustor_user_id": record.trustor_user_id, "trustee_user_id": record.trustee_user_id,
        "project_id": record.project_id, "impersonation": record.impersonation, "deleted_at": None,
        "expires_at": iso_micro_z(record.expires_at), "remaining_uses": record.remaining_uses,
        "redelegation_count": record.redelegation_count, "redelegated_trust_id": record.redelegated_trust_id,
        "links": {"self": url}}
    if with_roles:
        shown["roles"] = [role(request, each) for each in record.roles]
        shown["roles_links"] = {"self": f"{url}/roles", "previous": None, "next": None}
    return shown


def role(request: Request, record: Role) -> dict[str, Any]:
    """Return a role of a trust."""
    return {"id": record.id, "name": record.name, "domain_id": None, "links": {"self": link(request, "roles", record.id)}}
