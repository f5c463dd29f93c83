"""What the routes inside a namespace share: finding it, and the prefix that a kind of resource puts before names."""

import contextlib
from collections.abc import Iterator

import sqlalchemy as sa

from cumulo.api.wsgi.route import Request
from cumulo.common import errors
from cumulo.image.metadefs import namespaces, resource_types


@contextlib.contextmanager
def reading(request: Request) -> Iterator[tuple[sa.Connection, namespaces.Namespace]]:
    """Read in the namespace that the path names."""
    with request.services.database.read() as connection:
        yield connection, namespaces.get_visible(connection, request.context, request.params["namespace"])


@contextlib.contextmanager
def changing(request: Request) -> Iterator[tuple[sa.Connection, namespaces.Namespace, float]]:
    """Change something in the namespace that the path names, one request after the other; yield the time too."""
    database = request.services.database
    with database.write() as connection:
        namespace = namespaces.get_visible(connection, request.context, request.params["namespace"], lock=True)
        yield connection, namespace, database.now(connection)


def prefix(request: Request, connection: sa.Connection, namespace: namespaces.Namespace) -> str:
    """Return what names begin with on the kind of resource that the query names; raises NotFound."""
    wanted = request.query.get("resource_type")
    if wanted is None:
        return ""
    for each in resource_types.associations(connection, [namespace["id"]])[namespace["id"]]:
        if each["name"] == wanted:
            return str(each["prefix"] or "")
    raise errors.NotFound(f"The namespace is not associated with a resource type {wanted[:80]}.")
