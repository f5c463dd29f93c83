"""Flavors of routers and service profiles."""

import sqlalchemy as sa
from alembic import op

revision = '0044'
down_revision = '0043'


def upgrade() -> None:
    """Change the schema."""
    op.create_table('network_flavor',
    sa.Column('id', sa.String(length=64), nullable=False),
    sa.Column('name', sa.String(length=255), nullable=False),
    sa.Column('description', sa.String(length=255), nullable=False),
    sa.Column('service_type', sa.String(length=32), nullable=False),
    sa.Column('enabled', sa.Boolean(), nullable=False),
    sa.Column('created_at', sa.Double(), nullable=False),
    sa.Column('updated_at', sa.Double(), nullable=False),
    sa.Column('revision_number', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_network_flavor'))
    )
    op.create_table('service_profile',
    sa.Column('id', sa.String(length=64), nullable=False),
    sa.Column('description', sa.String(length=255), nullable=False),
    sa.Column('driver', sa.String(length=64), nullable=False),
    sa.Column('metainfo', sa.String(length=1024), nullable=False),
    sa.Column('enabled', sa.Boolean(), nullable=False),
    sa.Column('created_at', sa.Double(), nullable=False),
    sa.Column('updated_at', sa.Double(), nullable=False),
    sa.Column('revision_number', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_service_profile'))
    )
    op.create_table('network_flavor_profile',
    sa.Column('flavor_id', sa.String(length=64), nullable=False),
    sa.Column('service_profile_id', sa.String(length=64), nullable=False),
    sa.ForeignKeyConstraint(['flavor_id'], ['network_flavor.id'], name=op.f('fk_network_flavor_profile_flavor_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['service_profile_id'], ['service_profile.id'], name=op.f('fk_network_flavor_profile_service_profile_id')),
    sa.PrimaryKeyConstraint('flavor_id', 'service_profile_id', name=op.f('pk_network_flavor_profile'))
    )
    op.create_index(op.f('ix_network_flavor_profile_service_profile_id'), 'network_flavor_profile', ['service_profile_id'], unique=False)
    op.add_column('router', sa.Column('flavor_id', sa.String(length=64), nullable=True))
    op.create_index(op.f('ix_router_flavor_id'), 'router', ['flavor_id'], unique=False)
