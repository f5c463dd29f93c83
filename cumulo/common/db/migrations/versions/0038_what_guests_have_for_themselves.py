"""Which processors, cells, pages and devices of hosts are one server's own."""

import sqlalchemy as sa
from alembic import op

from cumulo.common.db.tables import base

revision = '0038'
down_revision = '0037'


def upgrade() -> None:
    """Change the schema."""
    for table in ('claim', 'server_move'):
        op.add_column(table, sa.Column('dedicated', sa.Integer(), nullable=False, server_default='0'))
        op.add_column(table, sa.Column('paged_mib', sa.Integer(), nullable=False, server_default='0'))
        op.add_column(table, sa.Column('fit', base.JsonText(), nullable=True))
