"""Files that servers are given at their first start."""

import sqlalchemy as sa
from alembic import op

from cumulo.common.db.tables import base

revision = '0048'
down_revision = '0047'


def upgrade() -> None:
    """Change the schema."""
    op.add_column('server', sa.Column('injected_files', base.JsonText(), nullable=True))
