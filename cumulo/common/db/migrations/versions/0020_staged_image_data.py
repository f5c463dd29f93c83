"""Data of images that waits on a host to be imported."""

import sqlalchemy as sa
from alembic import op

revision = '0020'
down_revision = '0019'


def upgrade() -> None:
    """Change the schema."""
    op.create_table('image_staging',
    sa.Column('image_id', sa.String(length=64), nullable=False),
    sa.Column('name', sa.String(length=64), nullable=False),
    sa.Column('host', sa.String(length=255), nullable=False),
    sa.Column('size', sa.BigInteger(), nullable=True),
    sa.Column('renewed_at', sa.Double(), nullable=False),
    sa.ForeignKeyConstraint(['image_id'], ['image.id'], name=op.f('fk_image_staging_image_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('image_id', name=op.f('pk_image_staging'))
    )
    op.create_index(op.f('ix_image_staging_host'), 'image_staging', ['host'], unique=False)
