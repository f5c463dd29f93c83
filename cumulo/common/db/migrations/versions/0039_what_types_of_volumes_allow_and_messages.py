"""QoS specs and default types of volumes, and messages."""

import sqlalchemy as sa
from alembic import op

from cumulo.common.db.tables import base

revision = '0039'
down_revision = '0038'


def upgrade() -> None:
    """Change the schema."""
    op.create_table(
        'volume_qos_specs',
        sa.Column('id', sa.String(length=64), nullable=False),
        sa.Column('name', sa.String(length=255), nullable=False),
        sa.Column('consumer', sa.String(length=16), nullable=False),
        sa.Column('specs', base.JsonText(), nullable=False),
        sa.Column('created_at', sa.Double(), nullable=False),
        sa.Column('updated_at', sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_volume_qos_specs')),
        sa.UniqueConstraint('name', name=op.f('uq_volume_qos_specs_name')),
    )
    op.add_column('volume_type', sa.Column('qos_specs_id', sa.String(length=64), nullable=True))
    op.create_index(op.f('ix_volume_type_qos_specs_id'), 'volume_type', ['qos_specs_id'], unique=False)
    op.create_table(
        'volume_default_type',
        sa.Column('project_id', sa.String(length=64), nullable=False),
        sa.Column('type_id', sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(['type_id'], ['volume_type.id'], name=op.f('fk_volume_default_type_type_id')),
        sa.PrimaryKeyConstraint('project_id', name=op.f('pk_volume_default_type')),
    )
    op.create_index(op.f('ix_volume_default_type_type_id'), 'volume_default_type', ['type_id'], unique=False)
    op.create_table(
        'volume_message',
        sa.Column('id', sa.String(length=64), nullable=False),
        sa.Column('project_id', sa.String(length=64), nullable=False),
        sa.Column('request_id', sa.String(length=64), nullable=False),
        sa.Column('resource_type', sa.String(length=32), nullable=False),
        sa.Column('resource_id', sa.String(length=64), nullable=False),
        sa.Column('event_id', sa.String(length=64), nullable=False),
        sa.Column('user_message', sa.String(length=1024), nullable=False),
        sa.Column('level', sa.String(length=16), nullable=False),
        sa.Column('created_at', sa.Double(), nullable=False),
        sa.Column('expires_at', sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_volume_message')),
    )
    op.create_index(op.f('ix_volume_message_expires_at'), 'volume_message', ['expires_at'], unique=False)
    op.create_index(op.f('ix_volume_message_project_id_created_at'), 'volume_message', ['project_id', 'created_at'], unique=False)
