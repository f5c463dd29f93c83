"""The host that a port's server is moving to while it runs, and operations found by their flow."""

import sqlalchemy as sa
from alembic import op

revision = '0032'
down_revision = '0031'


def upgrade() -> None:
    """Change the schema."""
    op.add_column('port', sa.Column('next_host_id', sa.String(length=255), server_default='', nullable=False))
    op.create_index(op.f('ix_port_next_host_id'), 'port', ['next_host_id'], unique=False)
    op.create_index('operation_by_flow', 'operation', ['flow', 'created_at'], unique=False)
