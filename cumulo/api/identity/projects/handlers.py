"""Projects: create, list, show, change, delete."""

from typing import Any

from cumulo.api.identity import views
from cumulo.api.identity.common import changing, collection, query_of, visible
from cumulo.api.identity.projects import holdings
from cumulo.api.wsgi.route import Request
from cumulo.identity import projects, rows
from cumulo.identity.tokens import DEFAULT_DOMAIN_ID


def create(request: Request) -> dict[str, Any]:
    """Create a project, in the caller's own domain unless another is named."""
    values, services, context = request.body["project"], request.services, request.context
    domain_id = (values.get("domain_id") or values.get("parent_id") or context.domain_id
                 or context.project_domain_id or DEFAULT_DOMAIN_ID)
    with services.database.write() as connection:
        made = projects.create(connection, services.ids, services.clock.now(), domain_id, values)
    return {"project": views.project(request, made)}


def index(request: Request) -> dict[str, Any]:
    """List projects; a reader of one domain gets those of that domain."""
    query, context = query_of(request), request.context
    request.authorize("identity:list_projects", {"domain_id": query.get("domain_id") or context.domain_id or ""})
    if context.domain_id and "admin" not in context.roles:
        query["domain_id"] = context.domain_id
    if "is_domain" in query and rows.is_true(query["is_domain"]):
        return collection(request, "projects", [])
    with request.services.database.read() as connection:
        found = projects.listed(connection, query)
    return collection(request, "projects", [views.project(request, each) for each in found])


def show(request: Request) -> dict[str, Any]:
    """Return a project."""
    project_id = request.params["project_id"]
    with request.services.database.read() as connection:
        found = projects.find(connection, project_id)
    target = {"project_id": project_id, "domain_id": found.domain_id if found else ""}
    project = visible(request, "identity:get_project", found, f"project: {project_id}", target)
    return {"project": views.project(request, project)}


def update(request: Request) -> dict[str, Any]:
    """Change a project; disabling it refuses its tokens."""
    with changing(request) as (connection, record):
        changed = projects.update(connection, record, request.params["project_id"], request.body["project"])
    return {"project": views.project(request, changed)}


def delete(request: Request) -> None:
    """Delete a project that has nothing any more."""
    with changing(request) as (connection, record):
        holdings.refuse_in_use(connection, request.params["project_id"])
        projects.delete(connection, record, request.params["project_id"])
