"""The host that stands by for the gateway of a router."""

import sqlalchemy as sa
from alembic import op

revision = '0025'
down_revision = '0024'


def upgrade() -> None:
    """Change the schema."""
    op.add_column('router', sa.Column('standby_host', sa.String(length=255), server_default='', nullable=False))
    op.create_index(op.f('ix_router_standby_host'), 'router', ['standby_host'], unique=False)
