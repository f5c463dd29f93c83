"""Subnets that are on one segment of their network."""

import sqlalchemy as sa
from alembic import op

revision = '0047'
down_revision = '0046'


def upgrade() -> None:
    """Change the schema."""
    op.add_column('subnet', sa.Column('segment_id', sa.String(length=64), nullable=True))
    op.create_index(op.f('ix_subnet_segment_id'), 'subnet', ['segment_id'], unique=False)
