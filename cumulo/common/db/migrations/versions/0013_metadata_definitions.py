"""Metadata definitions."""

import sqlalchemy as sa
from alembic import op

from cumulo.common.db.tables import base

revision = '0013'
down_revision = '0012'


def upgrade() -> None:
    """Change the schema."""
    op.create_table('metadef_namespace',
    sa.Column('id', sa.String(length=64), nullable=False),
    sa.Column('namespace', sa.String(length=80), nullable=False),
    sa.Column('display_name', sa.String(length=80), nullable=True),
    sa.Column('description', base.LongText, nullable=True),
    sa.Column('visibility', sa.String(length=16), nullable=False),
    sa.Column('protected', sa.Boolean(), nullable=False),
    sa.Column('owner', sa.String(length=64), nullable=True),
    sa.Column('created_at', sa.Double(), nullable=False),
    sa.Column('updated_at', sa.Double(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_metadef_namespace')),
    sa.UniqueConstraint('namespace', name=op.f('uq_metadef_namespace_namespace'))
    )
    op.create_index(op.f('ix_metadef_namespace_owner'), 'metadef_namespace', ['owner'], unique=False)
    op.create_table('metadef_resource_type',
    sa.Column('name', sa.String(length=80), nullable=False),
    sa.Column('created_at', sa.Double(), nullable=False),
    sa.PrimaryKeyConstraint('name', name=op.f('pk_metadef_resource_type'))
    )
    op.create_table('metadef_association',
    sa.Column('namespace_id', sa.String(length=64), nullable=False),
    sa.Column('name', sa.String(length=80), nullable=False),
    sa.Column('prefix', sa.String(length=80), nullable=True),
    sa.Column('properties_target', sa.String(length=80), nullable=True),
    sa.Column('created_at', sa.Double(), nullable=False),
    sa.ForeignKeyConstraint(['name'], ['metadef_resource_type.name'], name=op.f('fk_metadef_association_name')),
    sa.ForeignKeyConstraint(['namespace_id'], ['metadef_namespace.id'], name=op.f('fk_metadef_association_namespace_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('namespace_id', 'name', name=op.f('pk_metadef_association'))
    )
    op.create_table('metadef_item',
    sa.Column('namespace_id', sa.String(length=64), nullable=False),
    sa.Column('kind', sa.String(length=16), nullable=False),
    sa.Column('name', sa.String(length=80), nullable=False),
    sa.Column('content', base.JsonText(), nullable=False),
    sa.Column('created_at', sa.Double(), nullable=False),
    sa.Column('updated_at', sa.Double(), nullable=False),
    sa.ForeignKeyConstraint(['namespace_id'], ['metadef_namespace.id'], name=op.f('fk_metadef_item_namespace_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('namespace_id', 'kind', 'name', name=op.f('pk_metadef_item'))
    )
