"""Groups of volumes, their types and their snapshots."""

import sqlalchemy as sa
from alembic import op

from cumulo.common.db.tables import base

revision = '0043'
down_revision = '0042'


def upgrade() -> None:
    """Change the schema."""
    op.create_table(
        'volume_group_type',
        sa.Column('id', sa.String(length=64), nullable=False),
        sa.Column('name', sa.String(length=255), nullable=False),
        sa.Column('description', sa.String(length=255), nullable=True),
        sa.Column('is_public', sa.Boolean(), nullable=False),
        sa.Column('group_specs', base.JsonText(), nullable=False),
        sa.Column('created_at', sa.Double(), nullable=False),
        sa.Column('updated_at', sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_volume_group_type')),
        sa.UniqueConstraint('name', name=op.f('uq_volume_group_type_name')),
    )
    op.create_table(
        'volume_group',
        sa.Column('id', sa.String(length=64), nullable=False),
        sa.Column('name', sa.String(length=255), nullable=True),
        sa.Column('description', sa.String(length=255), nullable=True),
        sa.Column('project_id', sa.String(length=64), nullable=False),
        sa.Column('user_id', sa.String(length=64), nullable=False),
        sa.Column('status', sa.String(length=32), nullable=False),
        sa.Column('group_type_id', sa.String(length=64), nullable=False),
        sa.Column('availability_zone', sa.String(length=255), nullable=False),
        sa.Column('source_group_id', sa.String(length=64), nullable=True),
        sa.Column('group_snapshot_id', sa.String(length=64), nullable=True),
        sa.Column('created_at', sa.Double(), nullable=False),
        sa.Column('updated_at', sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(['group_type_id'], ['volume_group_type.id'], name=op.f('fk_volume_group_group_type_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_volume_group')),
    )
    op.create_index(op.f('ix_volume_group_group_type_id'), 'volume_group', ['group_type_id'], unique=False)
    op.create_index(op.f('ix_volume_group_project_id_created_at'), 'volume_group', ['project_id', 'created_at'], unique=False)
    op.create_table(
        'volume_group_volume_type',
        sa.Column('group_id', sa.String(length=64), nullable=False),
        sa.Column('type_id', sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(['group_id'], ['volume_group.id'], name=op.f('fk_volume_group_volume_type_group_id')),
        sa.ForeignKeyConstraint(['type_id'], ['volume_type.id'], name=op.f('fk_volume_group_volume_type_type_id')),
        sa.PrimaryKeyConstraint('group_id', 'type_id', name=op.f('pk_volume_group_volume_type')),
    )
    op.create_index(op.f('ix_volume_group_volume_type_type_id'), 'volume_group_volume_type', ['type_id'], unique=False)
    op.create_table(
        'volume_group_snapshot',
        sa.Column('id', sa.String(length=64), nullable=False),
        sa.Column('group_id', sa.String(length=64), nullable=False),
        sa.Column('group_type_id', sa.String(length=64), nullable=False),
        sa.Column('name', sa.String(length=255), nullable=True),
        sa.Column('description', sa.String(length=255), nullable=True),
        sa.Column('project_id', sa.String(length=64), nullable=False),
        sa.Column('user_id', sa.String(length=64), nullable=False),
        sa.Column('status', sa.String(length=32), nullable=False),
        sa.Column('created_at', sa.Double(), nullable=False),
        sa.Column('updated_at', sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(['group_id'], ['volume_group.id'], name=op.f('fk_volume_group_snapshot_group_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_volume_group_snapshot')),
    )
    op.create_index(op.f('ix_volume_group_snapshot_group_id'), 'volume_group_snapshot', ['group_id'], unique=False)
    op.create_index(
        op.f('ix_volume_group_snapshot_project_id_created_at'), 'volume_group_snapshot', ['project_id', 'created_at'], unique=False)
    for table, column in (('volume', 'group_id'), ('volume_snapshot', 'group_snapshot_id')):
        op.add_column(table, sa.Column(column, sa.String(length=64), nullable=True))
        op.create_index(op.f(f'ix_{table}_{column}'), table, [column], unique=False)
