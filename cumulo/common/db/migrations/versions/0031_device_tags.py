"""What owners call the cards of their servers."""

import sqlalchemy as sa
from alembic import op

from cumulo.common.db.tables import base

revision = '0031'
down_revision = '0030'


def upgrade() -> None:
    """Change the schema."""
    op.add_column('server', sa.Column('device_tags', base.JsonText(), nullable=True))
