"""Flavors: list and show for everybody; create and delete, access and extra specs for administrators.

    2.55 description, and PUT to change it   2.61 extra_specs in the body   2.75 swap is a number
    2.86 extra specs of this API's own names are checked   2.102 lists by name
"""

from typing import Any

import sqlalchemy as sa

from cumulo.api.compute import common
from cumulo.api.wsgi import paging
from cumulo.api.wsgi.route import Request
from cumulo.common import errors
from cumulo.compute import extra_specs, flavor_queries, flavors

MANAGE = "compute:flavors:manage"


def list_brief(request: Request) -> dict[str, Any]:
    """List flavors with id, name and links."""
    return _list(request, lambda row: {
        "id": row["id"], "name": row["name"], "links": common.links(request, "flavors", row["id"]),
        **_described(request, row)})


def list_full(request: Request) -> dict[str, Any]:
    """List flavors with their sizes."""
    return _list(request, lambda row: view(request, row))


def _list(request: Request, shown: Any) -> dict[str, Any]:
    page = paging.page(request, maximum=request.services.conf.servers.page_limit, default_direction="asc",
                       sort_keys=flavor_queries.SORT_COLUMNS)
    limit = page.limit or request.services.conf.servers.page_limit  # 0 means no limit of the caller's own
    wanted = flavor_queries.Filters(
        least_memory_mib=_number(request, "minRam"), least_root_gib=_number(request, "minDisk"),
        is_public=_is_public(request), name=request.query.get("name") if request.is_at_least("2.102") else None)
    with request.services.database.read() as connection:
        rows = flavor_queries.list_flavors(connection, request.context, wanted, sort=page.sort, limit=limit,
                                           marker=page.marker)
    answer: dict[str, Any] = {"flavors": [shown(row) for row in rows]}
    if rows and len(rows) == limit:
        answer["flavors_links"] = [{"rel": "next", "href": paging.next_url(request, rows[-1]["id"])}]
    return answer


def _number(request: Request, name: str) -> int | None:
    text = request.query.get(name)
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise errors.BadRequest(f"Invalid {name} filter [{text[:32]}]")
    return int(text)


def _is_public(request: Request) -> bool | None:
    """True below everybody; an administrator may ask for private ones (false) or for all (none)."""
    if not request.may(MANAGE):
        return True
    text = request.query.get("is_public")
    return True if text is None else None if text.lower() == "none" else common.flag(text, "is_public")


def show(request: Request) -> dict[str, Any]:
    """Show a flavor."""
    with request.services.database.read() as connection:
        return {"flavor": view(request, _flavor(request, connection))}


def create(request: Request) -> dict[str, Any]:
    """Make a flavor."""
    asked, services = request.body["flavor"], request.services
    wanted = asked.get("flavorid", asked.get("id"))
    values = {
        "id": services.ids.new_id() if wanted in (None, "auto") else str(wanted), "name": asked["name"],
        "vcpus": int(asked["vcpus"]), "memory_mib": int(asked["ram"]), "root_gib": int(asked["disk"]),
        "ephemeral_gib": int(asked.get("OS-FLV-EXT-DATA:ephemeral", 0)), "swap_mib": int(asked.get("swap", 0)),
        "rxtx_factor": _factor(asked.get("rxtx_factor", 1.0)),
        "is_public": common.flag(str(asked.get("os-flavor-access:is_public", True)), "os-flavor-access:is_public"),
        "description": asked.get("description")}
    _check_sizes(values)
    with services.database.write() as connection:
        flavors.create_flavor(connection, services.database.now(connection), values)
        row = flavors.get_flavor(connection, request.context, values["id"], any_flavor=True)
    return {"flavor": view(request, row)}


def update(request: Request) -> dict[str, Any]:
    """Change a flavor's description."""
    flavor_id = request.params["flavor_id"]
    with request.services.database.write() as connection:
        flavors.describe_flavor(connection, flavor_id, request.body["flavor"]["description"])
        row = flavors.get_flavor(connection, request.context, flavor_id, any_flavor=True)
    return {"flavor": view(request, row)}


def _check_sizes(values: dict[str, Any]) -> None:
    least = {"vcpus": 1, "memory_mib": 1, "root_gib": 0, "ephemeral_gib": 0, "swap_mib": 0}
    for name, bound in least.items():
        if not bound <= values[name] <= 0x7FFFFFFF:
            raise errors.BadRequest(f"{name} must lie between {bound} and {0x7FFFFFFF}.")


def _factor(value: Any) -> float:
    factor = float(value)
    if not 0 < factor < 3.4e38:
        raise errors.BadRequest("rxtx_factor must be a number above 0.")
    return factor


def delete(request: Request) -> None:
    """Delete a flavor."""
    with request.services.database.write() as connection:
        flavors.delete_flavor(connection, request.params["flavor_id"])


def list_specs(request: Request) -> dict[str, Any]:
    """Show a flavor's extra specs."""
    with request.services.database.read() as connection:
        return {"extra_specs": _specs(request, connection)}


def show_spec(request: Request) -> dict[str, Any]:
    """Show one extra spec; raises NotFound."""
    with request.services.database.read() as connection:
        return _one(_specs(request, connection), request)


def add_specs(request: Request) -> dict[str, Any]:
    """Add extra specs."""
    _check_specs(request, request.body["extra_specs"])
    _change(request, lambda old: old | request.body["extra_specs"])
    return {"extra_specs": request.body["extra_specs"]}


def set_spec(request: Request) -> dict[str, Any]:
    """Set one extra spec, which must be the one of the path."""
    if list(request.body) != [request.params["key"]]:
        raise errors.BadRequest("Request body and URI mismatch")
    _check_specs(request, request.body)
    _change(request, lambda old: old | request.body)
    return dict(request.body)


def _check_specs(request: Request, specs: dict[str, str]) -> None:
    if request.is_at_least("2.86"):
        extra_specs.check(specs)


def delete_spec(request: Request) -> None:
    """Remove one extra spec; raises NotFound."""

    def without(old: dict[str, str]) -> dict[str, str]:
        gone = _one(old, request)
        return {key: value for key, value in old.items() if key not in gone}

    _change(request, without)


def list_access(request: Request) -> dict[str, Any]:
    """List the projects that may use a private flavor."""
    with request.services.database.read() as connection:
        row = _flavor(request, connection)
        if row["is_public"]:
            raise errors.NotFound("Access list not available for public flavors.")
        return _access(connection, row["id"])


def change_access(request: Request) -> dict[str, Any]:
    """Give a private flavor to a project, or take it away."""
    ((action, asked),) = request.body.items()
    with request.services.database.write() as connection:
        row = _flavor(request, connection)
        if action == "removeTenantAccess":
            flavors.remove_access(connection, row["id"], asked["tenant"])
        elif row["is_public"] and request.is_at_least("2.7"):
            raise errors.Conflict("Can not add access to a public flavor.")
        else:
            flavors.add_access(connection, row["id"], asked["tenant"])
        return _access(connection, row["id"])


def _access(connection: sa.Connection, flavor_id: str) -> dict[str, Any]:
    return {"flavor_access": [
        {"flavor_id": flavor_id, "tenant_id": project_id} for project_id in flavors.list_access(connection, flavor_id)]}


def _flavor(request: Request, connection: sa.Connection) -> flavors.Row:
    return flavors.get_flavor(connection, request.context, request.params["flavor_id"], any_flavor=request.may(MANAGE))


def _specs(request: Request, connection: sa.Connection, *, change: bool = False) -> dict[str, str]:
    return flavors.extra_specs(connection, request.context, request.params["flavor_id"],
                               any_flavor=request.may(MANAGE), change=change)


def _one(specs: dict[str, str], request: Request) -> dict[str, str]:
    key = request.params["key"]
    if key not in specs:
        raise errors.NotFound(f"Flavor {request.params['flavor_id']} has no extra specs with key {key[:64]}.")
    return {key: specs[key]}


def _change(request: Request, change: Any) -> None:
    with request.services.database.write() as connection:
        after = change(_specs(request, connection, change=True))
        flavors.set_extra_specs(connection, request.params["flavor_id"], after)


def view(request: Request, row: flavors.Row) -> dict[str, Any]:
    """Return a flavor as GET shows it."""
    nothing = 0 if request.is_at_least("2.75") else ""
    shown = {
        "id": row["id"], "name": row["name"], "ram": row["memory_mib"], "vcpus": row["vcpus"], "disk": row["root_gib"],
        "swap": row["swap_mib"] or nothing, "OS-FLV-EXT-DATA:ephemeral": row["ephemeral_gib"],
        "OS-FLV-DISABLED:disabled": row["disabled"], "rxtx_factor": row["rxtx_factor"],
        "os-flavor-access:is_public": row["is_public"], "links": common.links(request, "flavors", row["id"])}
    if request.is_at_least("2.61") and request.may("compute:flavors:extra_specs"):
        shown["extra_specs"] = row["extra_specs"]
    return shown | _described(request, row)


def _described(request: Request, row: flavors.Row) -> dict[str, Any]:
    return {"description": row["description"]} if request.is_at_least("2.55") else {}
