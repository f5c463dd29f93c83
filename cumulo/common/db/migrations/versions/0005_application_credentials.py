"""Application credentials and the access rules that limit them."""

import sqlalchemy as sa
from alembic import op

from cumulo.common.db.tables import base

revision = '0005'
down_revision = '0004'


def upgrade() -> None:
    """Change the schema."""
    op.create_table('identity_access_rule',
    sa.Column('id', sa.String(length=64), nullable=False),
    sa.Column('user_id', sa.String(length=64), nullable=False),
    sa.Column('service', sa.String(length=64), nullable=False),
    sa.Column('method', sa.String(length=16), nullable=False),
    sa.Column('path', sa.String(length=128), nullable=False),
    sa.ForeignKeyConstraint(['user_id'], ['identity_user.id'], name=op.f('fk_identity_access_rule_user_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_identity_access_rule')),
    sa.UniqueConstraint('user_id', 'service', 'method', 'path', name=op.f('uq_identity_access_rule_user_id_service_method_path'))
    )
    op.create_table('identity_application_credential',
    sa.Column('id', sa.String(length=64), nullable=False),
    sa.Column('user_id', sa.String(length=64), nullable=False),
    sa.Column('project_id', sa.String(length=64), nullable=False),
    sa.Column('name', sa.String(length=255), nullable=False),
    sa.Column('description', base.LongText, nullable=True),
    sa.Column('secret_hash', sa.String(length=128), nullable=False),
    sa.Column('unrestricted', sa.Boolean(), nullable=False),
    sa.Column('expires_at', sa.Double(), nullable=True),
    sa.Column('created_at', sa.Double(), nullable=False),
    sa.Column('has_rules', sa.Boolean(), nullable=False),
    sa.ForeignKeyConstraint(['project_id'], ['identity_project.id'], name=op.f('fk_identity_application_credential_project_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['user_id'], ['identity_user.id'], name=op.f('fk_identity_application_credential_user_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_identity_application_credential')),
    sa.UniqueConstraint('user_id', 'name', name=op.f('uq_identity_application_credential_user_id_name'))
    )
    op.create_index(op.f('ix_identity_application_credential_project_id'), 'identity_application_credential', ['project_id'], unique=False)
    op.create_table('identity_application_credential_role',
    sa.Column('credential_id', sa.String(length=64), nullable=False),
    sa.Column('role_id', sa.String(length=64), nullable=False),
    sa.ForeignKeyConstraint(['credential_id'], ['identity_application_credential.id'], name=op.f('fk_identity_application_credential_role_credential_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['role_id'], ['identity_role.id'], name=op.f('fk_identity_application_credential_role_role_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('credential_id', 'role_id', name=op.f('pk_identity_application_credential_role'))
    )
    op.create_index(op.f('ix_identity_application_credential_role_role_id'), 'identity_application_credential_role', ['role_id'], unique=False)
    op.create_table('identity_application_credential_rule',
    sa.Column('credential_id', sa.String(length=64), nullable=False),
    sa.Column('access_rule_id', sa.String(length=64), nullable=False),
    sa.ForeignKeyConstraint(['access_rule_id'], ['identity_access_rule.id'], name=op.f('fk_identity_application_credential_rule_access_rule_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['credential_id'], ['identity_application_credential.id'], name=op.f('fk_identity_application_credential_rule_credential_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('credential_id', 'access_rule_id', name=op.f('pk_identity_application_credential_rule'))
    )
    op.create_index(op.f('ix_identity_application_credential_rule_access_rule_id'), 'identity_application_credential_rule', ['access_rule_id'], unique=False)
