"""Transfers of volumes, and how volumes of a type are encrypted."""

import sqlalchemy as sa
from alembic import op

revision = '0037'
down_revision = '0036'


def upgrade() -> None:
    """Change the schema."""
    op.create_table(
        'volume_transfer',
        sa.Column('id', sa.String(length=64), nullable=False),
        sa.Column('volume_id', sa.String(length=64), nullable=False),
        sa.Column('project_id', sa.String(length=64), nullable=False),
        sa.Column('name', sa.String(length=255), nullable=True),
        sa.Column('key_hash', sa.String(length=64), nullable=False),
        sa.Column('no_snapshots', sa.Boolean(), nullable=False),
        sa.Column('created_at', sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(['volume_id'], ['volume.id'], name=op.f('fk_volume_transfer_volume_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_volume_transfer')),
        sa.UniqueConstraint('volume_id', name=op.f('uq_volume_transfer_volume_id')),
    )
    op.create_index(op.f('ix_volume_transfer_project_id'), 'volume_transfer', ['project_id'], unique=False)
    op.create_table(
        'volume_encryption',
        sa.Column('type_id', sa.String(length=64), nullable=False),
        sa.Column('id', sa.String(length=64), nullable=False),
        sa.Column('provider', sa.String(length=255), nullable=False),
        sa.Column('cipher', sa.String(length=255), nullable=True),
        sa.Column('key_size', sa.Integer(), nullable=True),
        sa.Column('control_location', sa.String(length=16), nullable=False),
        sa.Column('created_at', sa.Double(), nullable=False),
        sa.Column('updated_at', sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(['type_id'], ['volume_type.id'], name=op.f('fk_volume_encryption_type_id'), ondelete='CASCADE'),
        sa.PrimaryKeyConstraint('type_id', name=op.f('pk_volume_encryption')),
        sa.UniqueConstraint('id', name=op.f('uq_volume_encryption_id')),
    )
