"""Keys of backups, and keys that a key manager keeps."""

import sqlalchemy as sa
from alembic import op

revision = '0049'
down_revision = '0048'


def upgrade() -> None:
    """Change the schema."""
    with op.batch_alter_table('volume_key') as batch:
        batch.alter_column('volume_id', existing_type=sa.String(length=64), nullable=True)
        batch.alter_column('sealed', existing_type=sa.Text(), nullable=True)
        batch.add_column(sa.Column('backup_id', sa.String(length=64), nullable=True))
        batch.add_column(sa.Column('next_of', sa.String(length=64), nullable=True))
        batch.add_column(sa.Column('secret', sa.String(length=64), nullable=True))
        batch.add_column(sa.Column('is_borrowed', sa.Boolean(), nullable=False, server_default=sa.false()))
        batch.create_unique_constraint(op.f('uq_volume_key_backup_id'), ['backup_id'])
        batch.create_unique_constraint(op.f('uq_volume_key_next_of'), ['next_of'])
        batch.create_index(op.f('ix_volume_key_secret'), ['secret'])
    op.add_column('volume_backup', sa.Column('encryption_key_id', sa.String(length=64), nullable=True))
