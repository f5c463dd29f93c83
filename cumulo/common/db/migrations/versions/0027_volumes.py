"""Volumes."""

import sqlalchemy as sa
from alembic import op

from cumulo.common.db.tables import base

revision = '0027'
down_revision = '0026'


def upgrade() -> None:
    """Change the schema."""
    op.create_table('volume_backend',
    sa.Column('name', sa.String(length=255), nullable=False),
    sa.Column('id', sa.String(length=64), nullable=False),
    sa.Column('host', sa.String(length=255), nullable=False),
    sa.Column('generation', sa.Integer(), nullable=False),
    sa.Column('total_gib', sa.Integer(), nullable=False),
    sa.Column('capabilities', base.JsonText(), nullable=False),
    sa.Column('disabled', sa.Boolean(), nullable=False),
    sa.Column('disabled_reason', sa.String(length=255), nullable=True),
    sa.Column('frozen', sa.Boolean(), nullable=False),
    sa.Column('created_at', sa.Double(), nullable=False),
    sa.Column('updated_at', sa.Double(), nullable=False),
    sa.PrimaryKeyConstraint('name', name=op.f('pk_volume_backend')),
    sa.UniqueConstraint('id', name=op.f('uq_volume_backend_id'))
    )
    op.create_index(op.f('ix_volume_backend_host'), 'volume_backend', ['host'], unique=False)
    op.create_table('volume_project',
    sa.Column('project_id', sa.String(length=64), nullable=False),
    sa.Column('generation', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('project_id', name=op.f('pk_volume_project'))
    )
    op.create_table('volume_quota',
    sa.Column('project_id', sa.String(length=64), nullable=False),
    sa.Column('resource', sa.String(length=255), nullable=False),
    sa.Column('most', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('project_id', 'resource', name=op.f('pk_volume_quota'))
    )
    op.create_table('volume_quota_class',
    sa.Column('name', sa.String(length=255), nullable=False),
    sa.Column('resource', sa.String(length=255), nullable=False),
    sa.Column('most', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('name', 'resource', name=op.f('pk_volume_quota_class'))
    )
    op.create_table('volume_type',
    sa.Column('id', sa.String(length=64), nullable=False),
    sa.Column('name', sa.String(length=255), nullable=False),
    sa.Column('description', sa.String(length=255), nullable=True),
    sa.Column('is_public', sa.Boolean(), nullable=False),
    sa.Column('extra_specs', base.JsonText(), nullable=False),
    sa.Column('created_at', sa.Double(), nullable=False),
    sa.Column('updated_at', sa.Double(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_volume_type')),
    sa.UniqueConstraint('name', name=op.f('uq_volume_type_name'))
    )
    op.create_table('volume',
    sa.Column('id', sa.String(length=64), nullable=False),
    sa.Column('name', sa.String(length=255), nullable=True),
    sa.Column('description', sa.String(length=255), nullable=True),
    sa.Column('project_id', sa.String(length=64), nullable=False),
    sa.Column('user_id', sa.String(length=64), nullable=False),
    sa.Column('status', sa.String(length=32), nullable=False),
    sa.Column('size_gib', sa.Integer(), nullable=False),
    sa.Column('growing_gib', sa.Integer(), nullable=True),
    sa.Column('backend', sa.String(length=255), nullable=True),
    sa.Column('availability_zone', sa.String(length=255), nullable=True),
    sa.Column('type_id', sa.String(length=64), nullable=True),
    sa.Column('metadata', base.JsonText(), nullable=False),
    sa.Column('bootable', sa.Boolean(), nullable=False),
    sa.Column('read_only', sa.Boolean(), nullable=True),
    sa.Column('multiattach', sa.Boolean(), nullable=False),
    sa.Column('snapshot_id', sa.String(length=64), nullable=True),
    sa.Column('source_id', sa.String(length=64), nullable=True),
    sa.Column('image_id', sa.String(length=64), nullable=True),
    sa.Column('image_metadata', base.JsonText(), nullable=True),
    sa.Column('scheduler_hints', base.JsonText(), nullable=True),
    sa.Column('fault', sa.String(length=1024), nullable=True),
    sa.Column('created_at', sa.Double(), nullable=False),
    sa.Column('updated_at', sa.Double(), nullable=False),
    sa.Column('launched_at', sa.Double(), nullable=True),
    sa.ForeignKeyConstraint(['type_id'], ['volume_type.id'], name=op.f('fk_volume_type_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_volume'))
    )
    op.create_index(op.f('ix_volume_backend'), 'volume', ['backend'], unique=False)
    op.create_index(op.f('ix_volume_project_id_created_at'), 'volume', ['project_id', 'created_at'], unique=False)
    op.create_index(op.f('ix_volume_type_id'), 'volume', ['type_id'], unique=False)
    op.create_table('volume_type_access',
    sa.Column('type_id', sa.String(length=64), nullable=False),
    sa.Column('project_id', sa.String(length=64), nullable=False),
    sa.ForeignKeyConstraint(['type_id'], ['volume_type.id'], name=op.f('fk_volume_type_access_type_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('type_id', 'project_id', name=op.f('pk_volume_type_access'))
    )
    op.create_table('volume_attachment',
    sa.Column('id', sa.String(length=64), nullable=False),
    sa.Column('volume_id', sa.String(length=64), nullable=False),
    sa.Column('server_id', sa.String(length=64), nullable=True),
    sa.Column('host', sa.String(length=255), nullable=True),
    sa.Column('mode', sa.String(length=8), nullable=False),
    sa.Column('device', sa.String(length=255), nullable=True),
    sa.Column('status', sa.String(length=32), nullable=False),
    sa.Column('connector', base.JsonText(), nullable=True),
    sa.Column('connection', base.JsonText(), nullable=True),
    sa.Column('delete_on_termination', sa.Boolean(), nullable=False),
    sa.Column('tag', sa.String(length=60), nullable=True),
    sa.Column('attached_at', sa.Double(), nullable=True),
    sa.Column('created_at', sa.Double(), nullable=False),
    sa.Column('updated_at', sa.Double(), nullable=False),
    sa.ForeignKeyConstraint(['volume_id'], ['volume.id'], name=op.f('fk_volume_attachment_volume_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_volume_attachment'))
    )
    op.create_index(op.f('ix_volume_attachment_server_id'), 'volume_attachment', ['server_id'], unique=False)
    op.create_index(op.f('ix_volume_attachment_volume_id'), 'volume_attachment', ['volume_id'], unique=False)
    op.create_table('volume_snapshot',
    sa.Column('id', sa.String(length=64), nullable=False),
    sa.Column('volume_id', sa.String(length=64), nullable=False),
    sa.Column('name', sa.String(length=255), nullable=True),
    sa.Column('description', sa.String(length=255), nullable=True),
    sa.Column('project_id', sa.String(length=64), nullable=False),
    sa.Column('user_id', sa.String(length=64), nullable=False),
    sa.Column('status', sa.String(length=32), nullable=False),
    sa.Column('size_gib', sa.Integer(), nullable=False),
    sa.Column('metadata', base.JsonText(), nullable=False),
    sa.Column('created_at', sa.Double(), nullable=False),
    sa.Column('updated_at', sa.Double(), nullable=False),
    sa.ForeignKeyConstraint(['volume_id'], ['volume.id'], name=op.f('fk_volume_snapshot_volume_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_volume_snapshot'))
    )
    op.create_index(op.f('ix_volume_snapshot_project_id_created_at'), 'volume_snapshot', ['project_id', 'created_at'], unique=False)
    op.create_index(op.f('ix_volume_snapshot_volume_id'), 'volume_snapshot', ['volume_id'], unique=False)
