"""Credentials and access keys as JSON."""

from typing import Any

from cumulo.api.identity.common import link
from cumulo.api.wsgi.route import Request
from cumulo.identity.credentials import Credential, Key


def credential(request: Request, record: Credential) -> dict[str, Any]:
    """Return a credential with its secret."""
    return {"id": record.id, "user_id": record.user_id, "project_id": record.project_id, "type": record.type,
            "blob": record.blob, "links": {"self": link(request, "credentials", record.id)}}


def access_key(request: Request, record: Key) -> dict[str, Any]:
    """Return an access key with its secret."""
    owner = record.credential.user_id
    return {"user_id": owner, "tenant_id": record.credential.project_id, "access": record.access,
            "secret": record.secret, "trust_id": None,
            "links": {"self": link(request, "users", owner, "credentials", "OS-EC2", record.access)}}
