"""The default security group of a project, which is there from the first time that somebody of it looks at its groups."""

from cumulo.api.wsgi.route import Request
from cumulo.common import errors
from cumulo.network import security_groups


def has_been_made(request: Request) -> bool:
    """Make the caller's, once in the life of a project; not in one that is being deleted.

    Called after what the caller asked for has been read, and so been found to be in order.
    """
    project_id, services = request.context.project_id, request.services
    if not project_id:
        return False
    with services.database.read() as connection:
        if security_groups.default_group_id(connection, project_id) is not None:
            return False
    try:
        with services.database.write() as connection:
            services.tokens.hold(connection, project_id)
            security_groups.ensure_default(connection, services.ids, services.database.now(connection), project_id)
    except errors.Conflict:
        return False  # it is gone: nothing is made, and nothing is there to be seen
    return True
