"""Application credentials and access rules as JSON."""

from typing import Any

from cumulo.api.identity.common import link
from cumulo.api.wsgi.route import Request
from cumulo.api.wsgi.times import iso_micro_z
from cumulo.identity.model import AccessRule, ApplicationCredential


def credential(request: Request, record: ApplicationCredential) -> dict[str, Any]:
    """Return an application credential, without its secret; rules only where it is limited by some."""
    expires_at = iso_micro_z(record.expires_at)
    shown: dict[str, Any] = {
        "id": record.id, "name": record.name, "description": record.description, "project_id": record.project_id,
        "user_id": record.user_id, "unrestricted": record.unrestricted, "system": None,
        # Upstream's form has no zone here; clients read both.
        "expires_at": expires_at.removesuffix("Z") if expires_at else None,
        "roles": [{"id": role.id, "name": role.name, "domain_id": None} for role in record.roles],
        "links": {"self": link(request, "users", record.user_id, "application_credentials", record.id)}}
    if record.rules is not None:
        shown["access_rules"] = [_plain(each) for each in record.rules]
    return shown


def rule(request: Request, user_id: str, record: AccessRule) -> dict[str, Any]:
    """Return an access rule."""
    return _plain(record) | {"links": {"self": link(request, "users", user_id, "access_rules", record.id)}}


def _plain(record: AccessRule) -> dict[str, Any]:
    return {"id": record.id, "service": record.service, "method": record.method, "path": record.path}
