"""What flavors and servers show at later microversions."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

from cumulo.common.db.tables import base

revision = '0017'
down_revision = '0016'


def upgrade() -> None:
    """Change the schema."""
    long_text = sa.Text().with_variant(mysql.MEDIUMTEXT(), 'mariadb').with_variant(mysql.MEDIUMTEXT(), 'mysql')
    op.add_column('flavor', sa.Column('description', long_text, nullable=True))
    op.add_column('server', sa.Column('locked_reason', sa.String(length=255), nullable=True))
    op.add_column('server', sa.Column('image_properties', base.JsonText(), nullable=True))
    op.add_column('server', sa.Column('trusted_certificates', base.JsonText(), nullable=True))
