"""The keys of encrypted volumes."""

import sqlalchemy as sa
from alembic import op

revision = '0040'
down_revision = '0039'


def upgrade() -> None:
    """Change the schema."""
    op.create_table(
        'volume_key',
        sa.Column('id', sa.String(length=64), nullable=False),
        sa.Column('volume_id', sa.String(length=64), nullable=False),
        sa.Column('sealed', sa.Text(), nullable=False),
        sa.Column('created_at', sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(['volume_id'], ['volume.id'], name=op.f('fk_volume_key_volume_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_volume_key')),
        sa.UniqueConstraint('volume_id', name=op.f('uq_volume_key_volume_id')),
    )
    op.add_column('volume', sa.Column('encryption_key_id', sa.String(length=64), nullable=True))
