"""Server groups, and what servers were asked to be near to."""

import sqlalchemy as sa
from alembic import op

from cumulo.common.db.tables import base

revision = '0019'
down_revision = '0018'


def upgrade() -> None:
    """Change the schema."""
    op.create_table('server_group',
    sa.Column('id', sa.String(length=64), nullable=False),
    sa.Column('name', sa.String(length=255), nullable=False),
    sa.Column('project_id', sa.String(length=64), nullable=False),
    sa.Column('user_id', sa.String(length=64), nullable=False),
    sa.Column('policy', sa.String(length=32), nullable=False),
    sa.Column('rules', base.JsonText(), nullable=False),
    sa.Column('generation', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.Double(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_server_group'))
    )
    op.create_index(op.f('ix_server_group_project_id'), 'server_group', ['project_id'], unique=False)
    op.add_column('server', sa.Column('group_id', sa.String(length=64), nullable=True))
    op.add_column('server', sa.Column('scheduler_hints', base.JsonText(), nullable=True))
    op.create_index(op.f('ix_server_group_id'), 'server', ['group_id'], unique=False)
