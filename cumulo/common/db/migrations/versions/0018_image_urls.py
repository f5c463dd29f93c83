"""URLs that lead to the data of images."""

import sqlalchemy as sa
from alembic import op

from cumulo.common.db.tables import base

revision = '0018'
down_revision = '0017'


def upgrade() -> None:
    """Change the schema."""
    op.create_table('image_url',
    sa.Column('image_id', sa.String(length=64), nullable=False),
    sa.Column('position', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('store', sa.String(length=64), nullable=False),
    sa.Column('url', sa.String(length=2048), nullable=False),
    sa.Column('metadata', base.JsonText(), nullable=False),
    sa.Column('created_at', sa.Double(), nullable=False),
    sa.ForeignKeyConstraint(['image_id'], ['image.id'], name=op.f('fk_image_url_image_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('image_id', 'position', name=op.f('pk_image_url'))
    )
