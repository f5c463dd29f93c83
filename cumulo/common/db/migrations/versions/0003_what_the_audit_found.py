"""What the audit found."""

import sqlalchemy as sa
from alembic import op

from cumulo.common.db.tables import base

revision = '0003'
down_revision = '0002'


def upgrade() -> None:
    """Change the schema."""
    op.create_table('audit_run',
    sa.Column('id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('turn', sa.BigInteger(), nullable=False),
    sa.Column('due', sa.Double(), nullable=False),
    sa.Column('finished_at', sa.Double(), nullable=True),
    sa.Column('took_s', sa.Double(), nullable=True),
    sa.Column('unheard', base.JsonText(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_audit_run'))
    )
    op.create_table('audit_finding',
    sa.Column('id', sa.String(length=64), nullable=False),
    sa.Column('kind', sa.String(length=64), nullable=False),
    sa.Column('subject', sa.String(length=255), nullable=False),
    sa.Column('host', sa.String(length=255), nullable=False),
    sa.Column('one', base.LongText, nullable=False),
    sa.Column('other', base.LongText, nullable=False),
    sa.Column('heard', base.JsonText(), nullable=False),
    sa.Column('operation', base.JsonText(), nullable=True),
    sa.Column('first_seen', sa.Double(), nullable=False),
    sa.Column('last_seen', sa.Double(), nullable=False),
    sa.Column('times', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_audit_finding'))
    )
