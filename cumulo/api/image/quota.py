"""Where images meet what identity knows of limits."""

import sqlalchemy as sa

from cumulo.identity import limits
from cumulo.image import quotas


def limits_of(connection: sa.Connection, project_id: str | None) -> quotas.Limits:
    """Return what a project may have of images; what nobody owns is not limited."""
    return quotas.Limits(project_id, limits.effective(connection, quotas.SERVICE_TYPE, quotas.RESOURCES, project_id))
