"""Projects: create, list, show, change, delete. A domain can be looked at and changed as a project too.

So older clients know it: is_domain is true, and it is the root of its trees. What is done to it here is done
to the domain.
"""

from typing import Any

import sqlalchemy as sa

from cumulo.api.identity import views
from cumulo.api.identity.common import changing, collection, query_of, visible
from cumulo.api.identity.projects import holdings
from cumulo.api.wsgi.route import Request
from cumulo.common import errors
from cumulo.identity import assignments, domains, projects, rows, trees
from cumulo.identity.model import Domain, Project
from cumulo.identity.tokens import DEFAULT_DOMAIN_ID

TREE_QUERY = ("parents_as_list", "parents_as_ids", "subtree_as_list", "subtree_as_ids")
QUERY = (*projects.FILTERS, "parent_id", "is_domain", *projects.TAG_FILTERS)


def create(request: Request) -> dict[str, Any]:
    """Create a project, in the caller's own domain unless another or a parent is named."""
    values, services, context = request.body["project"], request.services, request.context
    domain_id = context.domain_id or context.project_domain_id or DEFAULT_DOMAIN_ID
    with services.database.write() as connection:
        if values.get("is_domain"):
            return {"project": views.project_of_domain(request, _create_domain(request, connection, values))}
        made = projects.create(connection, services.ids, services.clock.now(), domain_id, values,
                               most_depth=services.conf.identity.max_project_tree_depth)
    return {"project": views.project(request, made)}


def index(request: Request) -> dict[str, Any]:
    """List projects; a reader of one domain gets those of that domain."""
    query, context = query_of(request), request.context
    request.authorize("identity:list_projects", {"domain_id": query.get("domain_id") or context.domain_id or ""})
    own = context.domain_id if context.domain_id and "admin" not in context.roles else None
    with request.services.database.read() as connection:
        if "is_domain" in query and rows.is_true(query["is_domain"]):
            return collection(request, "projects", _domains(request, connection, query, own))
        found = projects.listed(connection, query | ({"domain_id": own} if own else {}))
    return collection(request, "projects", [views.project(request, each) for each in found])


def show(request: Request) -> dict[str, Any]:
    """Return a project, with what stands above or below it where that is asked for."""
    project_id, query = request.params["project_id"], query_of(request)
    for kind in ("parents", "subtree"):
        if f"{kind}_as_list" in query and f"{kind}_as_ids" in query:
            raise errors.BadRequest(f"Cannot use {kind}_as_list and {kind}_as_ids query params at the same time.")
    with request.services.database.read() as connection:
        # Both are looked for whatever is found: a project and nothing must cost the same.
        project, domain = projects.find(connection, project_id), domains.find(connection, project_id)
    domain_id = (project.domain_id if project else domain.id if domain else None) or ""
    either: Project | Domain | None = project or domain
    found: Project | Domain = visible(request, "identity:get_project", either, f"project: {project_id}",
                                      {"project_id": project_id, "domain_id": domain_id})
    if isinstance(found, Domain):
        return {"project": views.project_of_domain(request, found)}
    return {"project": views.project(request, found) | _around(request, found, query)}


def update(request: Request) -> dict[str, Any]:
    """Change a project; disabling it refuses its tokens."""
    project_id, values = request.params["project_id"], request.body["project"]
    with changing(request) as (connection, record):
        if _is_domain(connection, project_id):
            if values.get("is_domain") is False or values.get("parent_id") or values.get("domain_id"):
                raise errors.BadRequest("Whether a project is a domain cannot be changed.")
            return {"project": views.project_of_domain(
                request, domains.update(connection, record, project_id, values))}
        changed = projects.update(connection, record, project_id, values)
    return {"project": views.project(request, changed)}


def update_all(request: Request) -> dict[str, Any]:
    """Enable or disable a project with all projects below it."""
    with changing(request) as (connection, record):
        changed = projects.enable_all(connection, record, request.params["project_id"],
                                      is_enabled=request.body["project"]["enabled"])
    return {"project": views.project(request, changed)}


def delete(request: Request) -> None:
    """Delete a project that has nothing any more but images of its own, neither resources nor projects below."""
    project_id = request.params["project_id"]
    with changing(request) as (connection, record):
        if _is_domain(connection, project_id):
            removed = holdings.delete_domain(connection, record, project_id, request.context)
        else:
            holdings.refuse_in_use(connection, project_id)
            removed = [holdings.forget(connection, project_id, request.context)]
            projects.delete(connection, record, project_id)
    for each in removed:
        each.finish(request)


def delete_all(request: Request) -> None:
    """Delete a project with all projects below it; none of them may have resources."""
    project_id = request.params["project_id"]
    removed = []
    with changing(request) as (connection, record):
        for one in (project_id, *trees.ids_below(connection, project_id)):
            holdings.refuse_in_use(connection, one)
            removed.append(holdings.forget(connection, one, request.context))
        projects.delete_all(connection, record, project_id)
    for each in removed:
        each.finish(request)


def _create_domain(request: Request, connection: sa.Connection, values: dict[str, Any]) -> Domain:
    if values.get("domain_id") or values.get("parent_id"):
        raise errors.BadRequest("A project that is a domain lies in no domain and below no project.")
    services = request.services
    return domains.create(connection, services.ids, services.clock.now(), values)


def _is_domain(connection: sa.Connection, project_id: str) -> bool:
    return projects.find(connection, project_id) is None and domains.find(connection, project_id) is not None


def _domains(request: Request, connection: sa.Connection, query: dict[str, str], own: str | None) -> list[Any]:
    """Return the domains that fit, as projects: none has a domain or a parent."""
    if query.get("domain_id") or query.get("parent_id"):
        return []
    found = domains.listed(connection, query, only={own} if own else None)
    return [views.project_of_domain(request, each) for each in found if projects.fits_tags(each.tags, query)]


def _around(request: Request, project: Project, query: dict[str, str]) -> dict[str, Any]:
    """Return what stands above and below: as ids all of it, as lists what the caller has a role on."""
    shown: dict[str, Any] = {}
    with request.services.database.read() as connection:
        if "parents_as_ids" in query:
            shown["parents"] = trees.nested_above(connection, project.id, project.domain_id or "")
        if "subtree_as_ids" in query:
            shown["subtree"] = trees.nested_below(connection, project.id)
        if "parents_as_list" in query:
            shown["parents"] = _own(request, connection, trees.ids_above(connection, project.id))
        if "subtree_as_list" in query:
            shown["subtree"] = _own(request, connection, trees.ids_below(connection, project.id))
    return shown


def _own(request: Request, connection: sa.Connection, project_ids: list[str]) -> list[dict[str, Any]]:
    reachable = assignments.targets(connection, request.context.user_id or "", "project")
    return [{"project": views.project(request, projects.get(connection, each))}
            for each in project_ids if each in reachable]
