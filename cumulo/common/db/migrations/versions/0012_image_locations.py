"""Where the data of images is: in several stores at once."""

import sqlalchemy as sa
from alembic import op

revision = '0012'
down_revision = '0011'


def upgrade() -> None:
    """Change the schema. Data that was there is in the store that has always been: the one named file."""
    op.create_table('image_location',
    sa.Column('image_id', sa.String(length=64), nullable=False),
    sa.Column('store', sa.String(length=64), nullable=False),
    sa.Column('name', sa.String(length=2048), nullable=False),
    sa.Column('created_at', sa.Double(), nullable=False),
    sa.ForeignKeyConstraint(['image_id'], ['image.id'], name=op.f('fk_image_location_image_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('image_id', 'store', name=op.f('pk_image_location'))
    )
    op.execute("INSERT INTO image_location (image_id, store, name, created_at) "
               "SELECT id, 'file', location, updated_at FROM image WHERE location IS NOT NULL")
    op.drop_column('image', 'location')
