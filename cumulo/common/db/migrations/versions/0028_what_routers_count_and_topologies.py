"""Metering, topologies that the cloud makes, and routers that are not distributed."""

import sqlalchemy as sa
from alembic import op

revision = '0028'
down_revision = '0027'


def upgrade() -> None:
    """Change the schema."""
    op.create_table('metering_label',
    sa.Column('id', sa.String(length=64), nullable=False),
    sa.Column('project_id', sa.String(length=64), nullable=False),
    sa.Column('name', sa.String(length=255), nullable=False),
    sa.Column('description', sa.String(length=255), nullable=False),
    sa.Column('shared', sa.Boolean(), nullable=False),
    sa.Column('created_at', sa.Double(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_metering_label'))
    )
    op.create_index(op.f('ix_metering_label_project_id'), 'metering_label', ['project_id'], unique=False)
    op.create_table('metering_label_rule',
    sa.Column('id', sa.String(length=64), nullable=False),
    sa.Column('metering_label_id', sa.String(length=64), nullable=False),
    sa.Column('direction', sa.String(length=8), nullable=False),
    sa.Column('excluded', sa.Boolean(), nullable=False),
    sa.Column('remote_ip_prefix', sa.String(length=64), nullable=True),
    sa.Column('source_ip_prefix', sa.String(length=64), nullable=True),
    sa.Column('destination_ip_prefix', sa.String(length=64), nullable=True),
    sa.Column('created_at', sa.Double(), nullable=False),
    sa.ForeignKeyConstraint(['metering_label_id'], ['metering_label.id'], name=op.f('fk_metering_label_rule_metering_label_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_metering_label_rule'))
    )
    op.create_index(op.f('ix_metering_label_rule_metering_label_id'), 'metering_label_rule', ['metering_label_id'], unique=False)
    op.create_table('auto_allocated_topology',
    sa.Column('project_id', sa.String(length=64), nullable=False),
    sa.Column('network_id', sa.String(length=64), nullable=False),
    sa.Column('router_id', sa.String(length=64), nullable=False),
    sa.ForeignKeyConstraint(['network_id'], ['network.id'], name=op.f('fk_auto_allocated_topology_network_id')),
    sa.ForeignKeyConstraint(['router_id'], ['router.id'], name=op.f('fk_auto_allocated_topology_router_id')),
    sa.PrimaryKeyConstraint('project_id', name=op.f('pk_auto_allocated_topology'))
    )
    op.create_index(op.f('ix_auto_allocated_topology_network_id'), 'auto_allocated_topology', ['network_id'], unique=False)
    op.create_index(op.f('ix_auto_allocated_topology_router_id'), 'auto_allocated_topology', ['router_id'], unique=False)
    op.add_column('router', sa.Column('distributed', sa.Boolean(), server_default=sa.true(), nullable=False))
    op.add_column('router', sa.Column('ha', sa.Boolean(), server_default=sa.true(), nullable=False))
