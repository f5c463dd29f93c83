"""What network hosts say of themselves."""

import sqlalchemy as sa
from alembic import op

from cumulo.common.db.tables import base

revision = '0014'
down_revision = '0013'


def upgrade() -> None:
    """Change the schema."""
    op.add_column('network_host', sa.Column('tunnel_address', sa.String(64), nullable=False, server_default=''))
    op.add_column('network_host', sa.Column('wired', base.JsonText(), nullable=True))
    op.add_column('network_host', sa.Column('types', base.JsonText(), nullable=True))
