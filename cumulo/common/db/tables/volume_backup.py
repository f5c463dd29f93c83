"""The table of backups: one row for each that is kept on a target, or being made or deleted.

It names its volume and snapshot by id only: each may be gone by now, which is what backups are for.
"""

import sqlalchemy as sa

from cumulo.common.db.tables.base import Id, Json, Time, id_column, metadata

volume_backup = sa.Table(
    "volume_backup", metadata,
    id_column(),
    sa.Column("project_id", Id, nullable=False),
    sa.Column("user_id", Id, nullable=False),
    sa.Column("name", sa.String(255)),
    sa.Column("description", sa.String(255)),
    sa.Column("volume_id", Id, nullable=False, index=True),
    sa.Column("snapshot_id", Id, index=True),
    # What a running operation makes of it for clients is in cumulo/volume/backup_states.py.
    sa.Column("status", sa.String(32), nullable=False),
    sa.Column("size_gib", sa.Integer, nullable=False),
    # What the user calls the place; where the data really is says the configuration.
    sa.Column("container", sa.String(255)),
    sa.Column("availability_zone", sa.String(255)),
    sa.Column("metadata", Json, nullable=False),
    # The name of its data on the target: its own id, unless the row was made of another's record.
    sa.Column("location", Id, index=True),
    # The location of the backup that it was compared with, whose data it needs.
    sa.Column("parent_location", Id, index=True),
    # The kind of the target.
    sa.Column("service", sa.String(64)),
    # Whose agent made it; bound: no other host can reach it.
    sa.Column("host", sa.String(255)),
    sa.Column("bound", sa.Boolean, nullable=False),
    sa.Column("object_count", sa.Integer, nullable=False),
    sa.Column("stored_bytes", sa.BigInteger, nullable=False),
    # NULL where the volume was not encrypted
    sa.Column("encryption_key_id", Id),
    # What the volume said of itself then: bootable, image_id, image_metadata, metadata; of an encrypted one also its type
    # and how it is encrypted.
    sa.Column("said", Json, nullable=False),
    sa.Column("fault", sa.String(1024)),
    # Of which moment the data is.
    sa.Column("data_timestamp", Time, nullable=False),
    sa.Column("created_at", Time, nullable=False),
    sa.Column("updated_at", Time, nullable=False),
    sa.Index(None, "project_id", "created_at"),
)
