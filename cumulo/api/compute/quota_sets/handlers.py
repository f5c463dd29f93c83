"""Quotas of a project: the configured ones, which are every project's."""

from typing import Any

from cumulo.api.wsgi.route import Request
from cumulo.common import errors
from cumulo.compute import quotas
from cumulo.identity import projects


def show(request: Request) -> dict[str, Any]:
    """Show the quotas of a project: the caller's own, or any for an administrator."""
    project_id = request.params["project_id"]
    request.authorize("compute:quota_sets:show", {"project_id": project_id})
    with request.services.database.read() as connection:
        if projects.find(connection, project_id) is None:
            raise errors.BadRequest(f"Project ID {project_id[:64]} is not a valid project.")
    return _view(request)


def show_defaults(request: Request) -> dict[str, Any]:
    """Show the quotas a project has unless it was given others."""
    return _view(request)


def _view(request: Request) -> dict[str, Any]:
    limits = quotas.limits_of(request.services.conf)
    shown: dict[str, Any] = {
        "id": request.params["project_id"], "instances": limits.instances, "cores": limits.cores,
        "ram": limits.memory_mib, "key_pairs": limits.key_pairs, "metadata_items": limits.metadata_items,
        "server_groups": limits.server_groups, "server_group_members": limits.server_group_members}
    for version, keys in _GONE_SINCE.items():
        shown |= {} if request.is_at_least(version) else keys
    return {"quota_set": shown}


_GONE_SINCE = {
    # Clients of older versions need these keys; what they limit is not there or not this API's.
    "2.36": {"fixed_ips": -1, "floating_ips": -1, "security_groups": -1, "security_group_rules": -1},
    "2.57": {"injected_files": 0, "injected_file_content_bytes": 0, "injected_file_path_bytes": 0}}
