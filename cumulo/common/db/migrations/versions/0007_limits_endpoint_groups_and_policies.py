"""Limits, endpoint groups, policies, and settings of domains."""

import sqlalchemy as sa
from alembic import op

from cumulo.common.db.tables import base

revision = '0007'
down_revision = '0006'


def upgrade() -> None:
    """Change the schema."""
    op.create_table('identity_endpoint_group',
    sa.Column('id', sa.String(length=64), nullable=False),
    sa.Column('name', sa.String(length=255), nullable=False),
    sa.Column('description', base.LongText, nullable=True),
    sa.Column('filters', base.JsonText(), nullable=False),
    sa.Column('created_at', sa.Double(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_identity_endpoint_group'))
    )
    op.create_table('identity_policy',
    sa.Column('id', sa.String(length=64), nullable=False),
    sa.Column('type', sa.String(length=255), nullable=False),
    sa.Column('blob', base.LongText, nullable=False),
    sa.Column('extra', base.JsonText(), nullable=False),
    sa.Column('created_at', sa.Double(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_identity_policy'))
    )
    op.create_table('identity_domain_config',
    sa.Column('domain_id', sa.String(length=64), nullable=False),
    sa.Column('group_name', sa.String(length=64), nullable=False),
    sa.Column('option_name', sa.String(length=64), nullable=False),
    sa.Column('value', base.JsonText(), nullable=False),
    sa.ForeignKeyConstraint(['domain_id'], ['identity_domain.id'], name=op.f('fk_identity_domain_config_domain_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('domain_id', 'group_name', 'option_name', name=op.f('pk_identity_domain_config'))
    )
    op.create_table('identity_registered_limit',
    sa.Column('id', sa.String(length=64), nullable=False),
    sa.Column('service_id', sa.String(length=64), nullable=False),
    sa.Column('region_id', sa.String(length=255), nullable=True),
    sa.Column('resource_name', sa.String(length=255), nullable=False),
    sa.Column('default_limit', sa.Integer(), nullable=False),
    sa.Column('description', base.LongText, nullable=True),
    sa.Column('subject', sa.String(length=600), nullable=False),
    sa.Column('created_at', sa.Double(), nullable=False),
    sa.ForeignKeyConstraint(['region_id'], ['identity_region.id'], name=op.f('fk_identity_registered_limit_region_id')),
    sa.ForeignKeyConstraint(['service_id'], ['identity_service.id'], name=op.f('fk_identity_registered_limit_service_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_identity_registered_limit')),
    sa.UniqueConstraint('subject', name=op.f('uq_identity_registered_limit_subject'))
    )
    op.create_index(op.f('ix_identity_registered_limit_region_id'), 'identity_registered_limit', ['region_id'], unique=False)
    op.create_index(op.f('ix_identity_registered_limit_service_id'), 'identity_registered_limit', ['service_id'], unique=False)
    op.create_table('identity_endpoint_group_project',
    sa.Column('endpoint_group_id', sa.String(length=64), nullable=False),
    sa.Column('project_id', sa.String(length=64), nullable=False),
    sa.ForeignKeyConstraint(['endpoint_group_id'], ['identity_endpoint_group.id'], name=op.f('fk_identity_endpoint_group_project_endpoint_group_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['project_id'], ['identity_project.id'], name=op.f('fk_identity_endpoint_group_project_project_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('endpoint_group_id', 'project_id', name=op.f('pk_identity_endpoint_group_project'))
    )
    op.create_index(op.f('ix_identity_endpoint_group_project_project_id'), 'identity_endpoint_group_project', ['project_id'], unique=False)
    op.create_table('identity_endpoint_project',
    sa.Column('endpoint_id', sa.String(length=64), nullable=False),
    sa.Column('project_id', sa.String(length=64), nullable=False),
    sa.ForeignKeyConstraint(['endpoint_id'], ['identity_endpoint.id'], name=op.f('fk_identity_endpoint_project_endpoint_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['project_id'], ['identity_project.id'], name=op.f('fk_identity_endpoint_project_project_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('endpoint_id', 'project_id', name=op.f('pk_identity_endpoint_project'))
    )
    op.create_index(op.f('ix_identity_endpoint_project_project_id'), 'identity_endpoint_project', ['project_id'], unique=False)
    op.create_table('identity_limit',
    sa.Column('id', sa.String(length=64), nullable=False),
    sa.Column('registered_limit_id', sa.String(length=64), nullable=False),
    sa.Column('project_id', sa.String(length=64), nullable=True),
    sa.Column('domain_id', sa.String(length=64), nullable=True),
    sa.Column('resource_limit', sa.Integer(), nullable=False),
    sa.Column('description', base.LongText, nullable=True),
    sa.Column('created_at', sa.Double(), nullable=False),
    sa.ForeignKeyConstraint(['domain_id'], ['identity_domain.id'], name=op.f('fk_identity_limit_domain_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['project_id'], ['identity_project.id'], name=op.f('fk_identity_limit_project_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['registered_limit_id'], ['identity_registered_limit.id'], name=op.f('fk_identity_limit_registered_limit_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_identity_limit')),
    sa.UniqueConstraint('registered_limit_id', 'domain_id', name=op.f('uq_identity_limit_registered_limit_id_domain_id')),
    sa.UniqueConstraint('registered_limit_id', 'project_id', name=op.f('uq_identity_limit_registered_limit_id_project_id'))
    )
    op.create_index(op.f('ix_identity_limit_domain_id'), 'identity_limit', ['domain_id'], unique=False)
    op.create_index(op.f('ix_identity_limit_project_id'), 'identity_limit', ['project_id'], unique=False)
    op.create_table('identity_policy_association',
    sa.Column('subject', sa.String(length=400), nullable=False),
    sa.Column('policy_id', sa.String(length=64), nullable=False),
    sa.Column('endpoint_id', sa.String(length=64), nullable=True),
    sa.Column('service_id', sa.String(length=64), nullable=True),
    sa.Column('region_id', sa.String(length=255), nullable=True),
    sa.ForeignKeyConstraint(['endpoint_id'], ['identity_endpoint.id'], name=op.f('fk_identity_policy_association_endpoint_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['policy_id'], ['identity_policy.id'], name=op.f('fk_identity_policy_association_policy_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['region_id'], ['identity_region.id'], name=op.f('fk_identity_policy_association_region_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['service_id'], ['identity_service.id'], name=op.f('fk_identity_policy_association_service_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('subject', name=op.f('pk_identity_policy_association'))
    )
    op.create_index(op.f('ix_identity_policy_association_endpoint_id'), 'identity_policy_association', ['endpoint_id'], unique=False)
    op.create_index(op.f('ix_identity_policy_association_policy_id'), 'identity_policy_association', ['policy_id'], unique=False)
    op.create_index(op.f('ix_identity_policy_association_region_id'), 'identity_policy_association', ['region_id'], unique=False)
    op.create_index(op.f('ix_identity_policy_association_service_id'), 'identity_policy_association', ['service_id'], unique=False)
