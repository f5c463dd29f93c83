"""The image API as one application: its family, rules and routes."""

from cumulo.api import deploy
from cumulo.api.image import policies
from cumulo.api.image.cache import routes as cache
from cumulo.api.image.data import routes as data
from cumulo.api.image.images import routes as images
from cumulo.api.image.imports import routes as imports
from cumulo.api.image.locations import routes as locations
from cumulo.api.image.members import routes as members
from cumulo.api.image.metadefs import routes as metadefs
from cumulo.api.image.schemas import routes as schemas
from cumulo.api.image.staging import routes as staging
from cumulo.api.image.stores import routes as stores
from cumulo.api.image.tags import routes as tags
from cumulo.api.image.tasks import routes as tasks
from cumulo.api.image.usage import routes as usage
from cumulo.api.image.versions import routes as versions
from cumulo.api.wsgi.app import Application
from cumulo.api.wsgi.route import Family

FAMILY = Family(name="image", slash_is_empty_id=True)
RULES = policies.RULES
ROUTES = (*versions.ROUTES, *images.ROUTES, *data.ROUTES, *tags.ROUTES, *members.ROUTES, *schemas.ROUTES,
          *metadefs.ROUTES, *usage.ROUTES, *cache.ROUTES, *imports.ROUTES,
          *locations.ROUTES, *staging.ROUTES, *stores.ROUTES, *tasks.ROUTES)


def factory(global_conf: dict[str, str], **local: str) -> Application:
    """Return the application, for paste."""
    return deploy.application(FAMILY, ROUTES, global_conf)
