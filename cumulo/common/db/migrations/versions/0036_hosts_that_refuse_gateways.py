"""Hosts that an administrator took the gateway of a router from."""

import sqlalchemy as sa
from alembic import op

from cumulo.common.db.tables import base

revision = '0036'
down_revision = '0035'


def upgrade() -> None:
    """Change the schema."""
    op.add_column('router', sa.Column('refused_hosts', base.JsonText(), nullable=True))
