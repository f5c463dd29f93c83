"""Credentials: secrets kept for users, encrypted."""

import sqlalchemy as sa
from alembic import op

from cumulo.common.db.tables import base

revision = '0008'
down_revision = '0007'


def upgrade() -> None:
    """Change the schema."""
    op.create_table('identity_credential',
    sa.Column('id', sa.String(length=64), nullable=False),
    sa.Column('user_id', sa.String(length=64), nullable=False),
    sa.Column('project_id', sa.String(length=64), nullable=True),
    sa.Column('type', sa.String(length=255), nullable=False),
    sa.Column('sealed', base.LongText, nullable=False),
    sa.Column('access_hash', sa.String(length=64), nullable=True),
    sa.Column('last_step', sa.BigInteger(), nullable=True),
    sa.Column('created_at', sa.Double(), nullable=False),
    sa.ForeignKeyConstraint(['project_id'], ['identity_project.id'], name=op.f('fk_identity_credential_project_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['user_id'], ['identity_user.id'], name=op.f('fk_identity_credential_user_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_identity_credential')),
    sa.UniqueConstraint('access_hash', name=op.f('uq_identity_credential_access_hash'))
    )
    op.create_index(op.f('ix_identity_credential_project_id'), 'identity_credential', ['project_id'], unique=False)
    op.create_index(op.f('ix_identity_credential_user_id'), 'identity_credential', ['user_id'], unique=False)
