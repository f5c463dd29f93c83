"""Tables of the image part: images, where their data is, their free properties, tags, and the projects they are
shared with; and one row per project, which a quota check locks.

A location names whole data in one store, and is there when an upload has ended well; a URL names data on a web server
that a store may read. upload_id names the data of
an upload that runs; upload_renewed_at is when its process last said that it lives.

A staging row names data on a host that waits to be imported. Its size is NULL while it is being received; renewed_at
is when the process that receives it last said that it lives.
"""

import sqlalchemy as sa

from cumulo.common.db.tables.base import Id, Json, LongText, Time, id_column, metadata

image = sa.Table(
    "image", metadata,
    id_column(),
    sa.Column("name", sa.String(255)),
    sa.Column("owner", Id, index=True),
    sa.Column("status", sa.String(16), nullable=False),
    sa.Column("visibility", sa.String(16), nullable=False),
    sa.Column("container_format", sa.String(16)),
    sa.Column("disk_format", sa.String(16)),
    sa.Column("size", sa.BigInteger),
    sa.Column("virtual_size", sa.BigInteger),
    sa.Column("checksum", sa.String(32)),
    sa.Column("os_hash_algo", sa.String(16)),
    sa.Column("os_hash_value", sa.String(128)),
    sa.Column("min_disk", sa.Integer, nullable=False),
    sa.Column("min_ram", sa.Integer, nullable=False),
    sa.Column("protected", sa.Boolean, nullable=False),
    sa.Column("os_hidden", sa.Boolean, nullable=False),
    sa.Column("upload_id", Id),
    sa.Column("upload_renewed_at", Time),
    sa.Column("created_at", Time, nullable=False, index=True),
    sa.Column("updated_at", Time, nullable=False),
)

image_location = sa.Table(
    "image_location", metadata,
    sa.Column("image_id", Id, sa.ForeignKey("image.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("store", sa.String(64), primary_key=True),
    sa.Column("name", sa.String(2048), nullable=False),
    sa.Column("created_at", Time, nullable=False),
)

image_url = sa.Table(
    "image_url", metadata,
    sa.Column("image_id", Id, sa.ForeignKey("image.id", ondelete="CASCADE"), primary_key=True),
    # Among all locations; those that are stored come first where they meet.
    sa.Column("position", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("store", sa.String(64), nullable=False),
    sa.Column("url", sa.String(2048), nullable=False),
    sa.Column("metadata", Json, nullable=False),
    sa.Column("created_at", Time, nullable=False),
)

image_staging = sa.Table(
    "image_staging", metadata,
    sa.Column("image_id", Id, sa.ForeignKey("image.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("name", Id, nullable=False),
    sa.Column("host", sa.String(255), nullable=False, index=True),
    sa.Column("size", sa.BigInteger),
    sa.Column("renewed_at", Time, nullable=False),
)

image_property = sa.Table(
    "image_property", metadata,
    sa.Column("image_id", Id, sa.ForeignKey("image.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("name", sa.String(255), primary_key=True),
    sa.Column("value", LongText, nullable=False),
)

image_tag = sa.Table(
    "image_tag", metadata,
    sa.Column("image_id", Id, sa.ForeignKey("image.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("tag", sa.String(255), primary_key=True),
)

image_member = sa.Table(
    "image_member", metadata,
    sa.Column("image_id", Id, sa.ForeignKey("image.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("member_id", Id, primary_key=True, index=True),
    sa.Column("status", sa.String(16), nullable=False),
    sa.Column("created_at", Time, nullable=False),
    sa.Column("updated_at", Time, nullable=False),
)

image_project = sa.Table(
    "image_project", metadata,
    id_column("project_id"),
    sa.Column("generation", sa.Integer, nullable=False, default=0),
)
