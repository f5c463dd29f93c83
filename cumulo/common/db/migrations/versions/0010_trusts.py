"""Trusts."""

import sqlalchemy as sa
from alembic import op

revision = '0010'
down_revision = '0009'


def upgrade() -> None:
    """Change the schema."""
    op.create_table('identity_trust',
    sa.Column('id', sa.String(length=64), nullable=False),
    sa.Column('trustor_user_id', sa.String(length=64), nullable=False),
    sa.Column('trustee_user_id', sa.String(length=64), nullable=False),
    sa.Column('project_id', sa.String(length=64), nullable=True),
    sa.Column('impersonation', sa.Boolean(), nullable=False),
    sa.Column('expires_at', sa.Double(), nullable=True),
    sa.Column('remaining_uses', sa.Integer(), nullable=True),
    sa.Column('redelegation_count', sa.Integer(), nullable=False),
    sa.Column('redelegated_trust_id', sa.String(length=64), nullable=True),
    sa.Column('created_at', sa.Double(), nullable=False),
    sa.ForeignKeyConstraint(['project_id'], ['identity_project.id'], name=op.f('fk_identity_trust_project_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['redelegated_trust_id'], ['identity_trust.id'], name=op.f('fk_identity_trust_redelegated_trust_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['trustee_user_id'], ['identity_user.id'], name=op.f('fk_identity_trust_trustee_user_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['trustor_user_id'], ['identity_user.id'], name=op.f('fk_identity_trust_trustor_user_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_identity_trust'))
    )
    op.create_index(op.f('ix_identity_trust_project_id'), 'identity_trust', ['project_id'], unique=False)
    op.create_index(op.f('ix_identity_trust_redelegated_trust_id'), 'identity_trust', ['redelegated_trust_id'], unique=False)
    op.create_index(op.f('ix_identity_trust_trustee_user_id'), 'identity_trust', ['trustee_user_id'], unique=False)
    op.create_index(op.f('ix_identity_trust_trustor_user_id'), 'identity_trust', ['trustor_user_id'], unique=False)
    op.create_table('identity_trust_role',
    sa.Column('trust_id', sa.String(length=64), nullable=False),
    sa.Column('role_id', sa.String(length=64), nullable=False),
    sa.ForeignKeyConstraint(['role_id'], ['identity_role.id'], name=op.f('fk_identity_trust_role_role_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['trust_id'], ['identity_trust.id'], name=op.f('fk_identity_trust_role_trust_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('trust_id', 'role_id', name=op.f('pk_identity_trust_role'))
    )
    op.create_index(op.f('ix_identity_trust_role_role_id'), 'identity_trust_role', ['role_id'], unique=False)
