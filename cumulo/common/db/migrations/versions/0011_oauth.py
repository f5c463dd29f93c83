"""Programs that users let work with some of their roles: OAuth 1.0a."""

import sqlalchemy as sa
from alembic import op

from cumulo.common.db.tables import base

revision = '0011'
down_revision = '0010'


def upgrade() -> None:
    """Change the schema."""
    op.create_table('identity_consumer',
    sa.Column('id', sa.String(length=64), nullable=False),
    sa.Column('description', base.LongText, nullable=True),
    sa.Column('sealed', base.LongText, nullable=False),
    sa.Column('extra', base.JsonText(), nullable=False),
    sa.Column('created_at', sa.Double(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_identity_consumer'))
    )
    op.create_table('identity_oauth_token',
    sa.Column('id', sa.String(length=64), nullable=False),
    sa.Column('kind', sa.String(length=16), nullable=False),
    sa.Column('consumer_id', sa.String(length=64), nullable=False),
    sa.Column('project_id', sa.String(length=64), nullable=False),
    sa.Column('user_id', sa.String(length=64), nullable=True),
    sa.Column('sealed', base.LongText, nullable=False),
    sa.Column('verifier_hash', sa.String(length=64), nullable=True),
    sa.Column('expires_at', sa.Double(), nullable=True),
    sa.Column('created_at', sa.Double(), nullable=False),
    sa.ForeignKeyConstraint(['consumer_id'], ['identity_consumer.id'], name=op.f('fk_identity_oauth_token_consumer_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['project_id'], ['identity_project.id'], name=op.f('fk_identity_oauth_token_project_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['user_id'], ['identity_user.id'], name=op.f('fk_identity_oauth_token_user_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_identity_oauth_token'))
    )
    op.create_index(op.f('ix_identity_oauth_token_consumer_id'), 'identity_oauth_token', ['consumer_id'], unique=False)
    op.create_index(op.f('ix_identity_oauth_token_expires_at'), 'identity_oauth_token', ['expires_at'], unique=False)
    op.create_index(op.f('ix_identity_oauth_token_project_id'), 'identity_oauth_token', ['project_id'], unique=False)
    op.create_index(op.f('ix_identity_oauth_token_user_id'), 'identity_oauth_token', ['user_id'], unique=False)
    op.create_table('identity_oauth_token_role',
    sa.Column('token_id', sa.String(length=64), nullable=False),
    sa.Column('role_id', sa.String(length=64), nullable=False),
    sa.ForeignKeyConstraint(['role_id'], ['identity_role.id'], name=op.f('fk_identity_oauth_token_role_role_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['token_id'], ['identity_oauth_token.id'], name=op.f('fk_identity_oauth_token_role_token_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('token_id', 'role_id', name=op.f('pk_identity_oauth_token_role'))
    )
    op.create_index(op.f('ix_identity_oauth_token_role_role_id'), 'identity_oauth_token_role', ['role_id'], unique=False)
