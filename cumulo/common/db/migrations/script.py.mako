"""${message}."""

import sqlalchemy as sa
from alembic import op
${imports + "\n" if imports else ""}
from cumulo.common.db.tables import base

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}


def upgrade() -> None:
    """Change the schema."""
    ${upgrades if upgrades else "pass"}
