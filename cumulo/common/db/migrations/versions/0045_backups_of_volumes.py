"""Backups of volumes, and the one that a volume was made of."""

import sqlalchemy as sa
from alembic import op

from cumulo.common.db.tables import base

revision = '0045'
down_revision = '0044'


def upgrade() -> None:
    """Change the schema."""
    op.add_column('volume', sa.Column('backup_id', sa.String(length=64), nullable=True))
    op.create_index(op.f('ix_volume_backup_id'), 'volume', ['backup_id'])
    op.create_table(
        'volume_backup',
        sa.Column('id', sa.String(length=64), nullable=False),
        sa.Column('project_id', sa.String(length=64), nullable=False),
        sa.Column('user_id', sa.String(length=64), nullable=False),
        sa.Column('name', sa.String(length=255), nullable=True),
        sa.Column('description', sa.String(length=255), nullable=True),
        sa.Column('volume_id', sa.String(length=64), nullable=False),
        sa.Column('snapshot_id', sa.String(length=64), nullable=True),
        sa.Column('status', sa.String(length=32), nullable=False),
        sa.Column('size_gib', sa.Integer(), nullable=False),
        sa.Column('container', sa.String(length=255), nullable=True),
        sa.Column('availability_zone', sa.String(length=255), nullable=True),
        sa.Column('metadata', base.JsonText(), nullable=False),
        sa.Column('location', sa.String(length=64), nullable=True),
        sa.Column('parent_location', sa.String(length=64), nullable=True),
        sa.Column('service', sa.String(length=64), nullable=True),
        sa.Column('host', sa.String(length=255), nullable=True),
        sa.Column('bound', sa.Boolean(), nullable=False),
        sa.Column('object_count', sa.Integer(), nullable=False),
        sa.Column('stored_bytes', sa.BigInteger(), nullable=False),
        sa.Column('said', base.JsonText(), nullable=False),
        sa.Column('fault', sa.String(length=1024), nullable=True),
        sa.Column('data_timestamp', sa.Double(), nullable=False),
        sa.Column('created_at', sa.Double(), nullable=False),
        sa.Column('updated_at', sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_volume_backup')),
    )
    for columns in (['location'], ['parent_location'], ['project_id', 'created_at'], ['snapshot_id'], ['volume_id']):
        op.create_index(op.f(f"ix_volume_backup_{'_'.join(columns)}"), 'volume_backup', columns)
