"""Aggregates of hosts."""

import sqlalchemy as sa
from alembic import op

from cumulo.common.db.tables import base

revision = '0023'
down_revision = '0022'


def upgrade() -> None:
    """Change the schema."""
    op.create_table('aggregate',
    sa.Column('number', sa.Integer(), autoincrement=True, nullable=False),
    sa.Column('id', sa.String(length=64), nullable=False),
    sa.Column('name', sa.String(length=255), nullable=False),
    sa.Column('metadata', base.JsonText(), nullable=False),
    sa.Column('created_at', sa.Double(), nullable=False),
    sa.Column('updated_at', sa.Double(), nullable=True),
    sa.PrimaryKeyConstraint('number', name=op.f('pk_aggregate')),
    sa.UniqueConstraint('id', name=op.f('uq_aggregate_id')),
    sa.UniqueConstraint('name', name=op.f('uq_aggregate_name'))
    )
    op.create_table('aggregate_host',
    sa.Column('aggregate_number', sa.Integer(), nullable=False),
    sa.Column('host', sa.String(length=255), nullable=False),
    sa.ForeignKeyConstraint(['aggregate_number'], ['aggregate.number'], name=op.f('fk_aggregate_host_aggregate_number'),
                            ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('aggregate_number', 'host', name=op.f('pk_aggregate_host'))
    )
