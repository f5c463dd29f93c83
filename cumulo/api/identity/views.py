"""Identity's records as JSON."""

from typing import Any

from cumulo.api.identity.common import link
from cumulo.api.wsgi.route import Request
from cumulo.api.wsgi.times import iso_micro_z
from cumulo.identity.model import Domain, Endpoint, Group, Project, Region, Role, Service, User


def user(request: Request, record: User) -> dict[str, Any]:
    """Return a user; attributes of the client's own stand beside the known ones."""
    shown: dict[str, Any] = {
        **record.extra, "id": record.id, "name": record.name, "domain_id": record.domain_id,
        "enabled": record.enabled, "password_expires_at": iso_micro_z(record.password_expires_at),
        "options": record.options,
        "links": {"self": link(request, "users", record.id)}}
    if record.default_project_id is not None:
        shown["default_project_id"] = record.default_project_id
    return shown


def group(request: Request, record: Group) -> dict[str, Any]:
    """Return a group; attributes of the client's own stand beside the known ones."""
    return {**record.extra, "id": record.id, "name": record.name, "domain_id": record.domain_id,
            "description": record.description, "links": {"self": link(request, "groups", record.id)}}


def project(request: Request, record: Project) -> dict[str, Any]:
    """Return a project; the parent of a tree's first one is the domain."""
    return {**record.extra, "id": record.id, "name": record.name, "domain_id": record.domain_id,
            "description": record.description, "enabled": record.enabled, "is_domain": record.domain_id is None,
            "parent_id": record.parent_id or record.domain_id, "tags": list(record.tags), "options": record.options,
            "links": {"self": link(request, "projects", record.id)}}


def project_of_domain(request: Request, record: Domain) -> dict[str, Any]:
    """Return a domain as the project at the root of its trees."""
    return project(request, Project(record.id, None, record.name, record.description, record.enabled, record.tags, {},
                                    record.options))


def domain(request: Request, record: Domain) -> dict[str, Any]:
    """Return a domain."""
    return {"id": record.id, "name": record.name, "description": record.description, "enabled": record.enabled,
            "tags": list(record.tags), "options": record.options,
            "links": {"self": link(request, "domains", record.id)}}


def role(request: Request, record: Role) -> dict[str, Any]:
    """Return a role."""
    return {"id": record.id, "name": record.name, "description": record.description,
            "domain_id": record.domain_id, "options": record.options,
            "links": {"self": link(request, "roles", record.id)}}


def region(request: Request, record: Region) -> dict[str, Any]:
    """Return a region."""
    return {"id": record.id, "description": record.description, "parent_region_id": record.parent_region_id,
            "links": {"self": link(request, "regions", record.id)}}


def service(request: Request, record: Service) -> dict[str, Any]:
    """Return a service."""
    return {"id": record.id, "type": record.type, "name": record.name, "description": record.description,
            "enabled": record.enabled, "links": {"self": link(request, "services", record.id)}}


def endpoint(request: Request, record: Endpoint) -> dict[str, Any]:
    """Return an endpoint; region is the older name of region_id."""
    shown: dict[str, Any] = {
        "id": record.id, "service_id": record.service_id, "region": record.region_id, "region_id": record.region_id,
        "interface": record.interface, "url": record.url, "enabled": record.enabled,
        "links": {"self": link(request, "endpoints", record.id)}}
    for name in ("name", "description"):
        value = getattr(record, name)
        if value is not None:
            shown[name] = value
    return shown
