"""Tables of the volume part: volumes, their snapshots, who uses them, their types, and the backends that hold them.

    volume              one per volume; a deleted one is gone
    volume_snapshot     what a volume was at a moment
    volume_attachment   one per server, or other user, of a volume
    volume_transfer     one per volume that waits for another project to take it
    volume_type         what users may choose between; volume_type_access says who, where it is not everybody
    volume_default_type which one a project's volumes have for which nobody names one
    volume_qos_specs    how much users of a volume may ask of it in a second, said for types
    volume_message      what users are told of operations that came to nothing
    volume_encryption   how volumes of a type are encrypted; one per type at most
    volume_key          one per encrypted volume and per backup of one: its key, sealed, or where it is kept
    volume_group        volumes that are kept, copied and deleted together; volume_group_volume_type says of which types
    volume_group_type   what users may choose between for them
    volume_group_snapshot  one per snapshot of a group: its parts are in volume_snapshot
    volume_backend      one per backend of a host: what it has, and the generation that volumes are placed against
    volume_project      one per project: the row that a quota check locks
    volume_quota        limits that a project has instead of the configured ones
    volume_quota_class  limits that every project has instead of the configured ones
"""

import sqlalchemy as sa

from cumulo.common.db.tables.base import Id, Json, Time, id_column, metadata

volume = sa.Table(
    "volume", metadata,
    id_column(),
    sa.Column("name", sa.String(255)),
    sa.Column("description", sa.String(255)),
    sa.Column("project_id", Id, nullable=False),
    sa.Column("user_id", Id, nullable=False),
    # What a running operation makes of it for clients is in cumulo/volume/states.py.
    sa.Column("status", sa.String(32), nullable=False),
    sa.Column("size_gib", sa.Integer, nullable=False),
    # The size that it is growing to: it counts as that from the moment when somebody asks.
    sa.Column("growing_gib", sa.Integer),
    # host@backend, NULL until it has been placed
    sa.Column("backend", sa.String(255), index=True),
    # The backend that it is moving to: it takes room there too.
    sa.Column("moving_to", sa.String(255), index=True),
    # How its last move went: migrating, success or error; NULL before the first one.
    sa.Column("migration_status", sa.String(32)),
    sa.Column("availability_zone", sa.String(255)),
    sa.Column("type_id", Id, sa.ForeignKey("volume_type.id"), index=True),
    # NULL where it is not encrypted
    sa.Column("encryption_key_id", Id),
    sa.Column("group_id", Id, index=True),
    sa.Column("metadata", Json, nullable=False),
    sa.Column("bootable", sa.Boolean, nullable=False, default=False),
    # NULL until somebody has said it: clients then see it among the metadata.
    sa.Column("read_only", sa.Boolean),
    sa.Column("multiattach", sa.Boolean, nullable=False, default=False),
    # What it was made of, by id: each may be gone by now.
    sa.Column("snapshot_id", Id),
    sa.Column("source_id", Id),
    sa.Column("image_id", Id),
    sa.Column("backup_id", Id, index=True),
    # What the image said of itself, and what clients have changed of that since; NULL without an image.
    sa.Column("image_metadata", Json),
    # As the client sent them; read when the volume is placed.
    sa.Column("scheduler_hints", Json),
    sa.Column("fault", sa.String(1024)),
    sa.Column("created_at", Time, nullable=False),
    sa.Column("updated_at", Time, nullable=False),
    sa.Column("launched_at", Time),
    sa.Index(None, "project_id", "created_at"),
)

volume_snapshot = sa.Table(
    "volume_snapshot", metadata,
    id_column(),
    sa.Column("volume_id", Id, sa.ForeignKey("volume.id"), nullable=False, index=True),
    sa.Column("name", sa.String(255)),
    sa.Column("description", sa.String(255)),
    sa.Column("project_id", Id, nullable=False),
    sa.Column("user_id", Id, nullable=False),
    sa.Column("status", sa.String(32), nullable=False),
    sa.Column("size_gib", sa.Integer, nullable=False),
    # What it is a part of; NULL for one that was made alone.
    sa.Column("group_snapshot_id", Id, index=True),
    # What somebody else than our agents said of how far it is: "80%".
    sa.Column("progress", sa.String(8)),
    sa.Column("metadata", Json, nullable=False),
    sa.Column("created_at", Time, nullable=False),
    sa.Column("updated_at", Time, nullable=False),
    sa.Index(None, "project_id", "created_at"),
)

volume_attachment = sa.Table(
    "volume_attachment", metadata,
    id_column(),
    sa.Column("volume_id", Id, sa.ForeignKey("volume.id"), nullable=False, index=True),
    # NULL where something else than a server uses it
    sa.Column("server_id", Id, index=True),
    sa.Column("host", sa.String(255)),
    sa.Column("mode", sa.String(8), nullable=False),
    sa.Column("device", sa.String(255)),
    # reserved, attaching, attached or detaching
    sa.Column("status", sa.String(32), nullable=False),
    # Made by an operation of its server, which alone ends it.
    sa.Column("managed", sa.Boolean, nullable=False, default=False, server_default=sa.false()),
    # What the user said of itself when it asked for a connection; NULL before that.
    sa.Column("connector", Json),
    sa.Column("connection", Json),
    # Whether the volume goes when its server does.
    sa.Column("delete_on_termination", sa.Boolean, nullable=False, default=False),
    sa.Column("tag", sa.String(60)),
    # 0 for what its server boots from; NULL for what it does not boot from, 1 and so on for what it tries after that.
    sa.Column("boot_index", sa.Integer),
    # virtio unless somebody asked for another one
    sa.Column("disk_bus", sa.String(16)),
    sa.Column("attached_at", Time),
    sa.Column("created_at", Time, nullable=False),
    sa.Column("updated_at", Time, nullable=False),
)

volume_transfer = sa.Table(
    "volume_transfer", metadata,
    id_column(),
    sa.Column("volume_id", Id, sa.ForeignKey("volume.id"), nullable=False, unique=True),
    # Whose it is until somebody takes it.
    sa.Column("project_id", Id, nullable=False, index=True),
    sa.Column("name", sa.String(255)),
    sa.Column("key_hash", sa.String(64), nullable=False),
    sa.Column("no_snapshots", sa.Boolean, nullable=False),
    sa.Column("created_at", Time, nullable=False),
)

volume_type = sa.Table(
    "volume_type", metadata,
    id_column(),
    sa.Column("name", sa.String(255), nullable=False, unique=True),
    sa.Column("description", sa.String(255)),
    sa.Column("is_public", sa.Boolean, nullable=False),
    sa.Column("extra_specs", Json, nullable=False),
    sa.Column("qos_specs_id", Id, index=True),
    sa.Column("created_at", Time, nullable=False),
    sa.Column("updated_at", Time, nullable=False),
)

volume_default_type = sa.Table(
    "volume_default_type", metadata,
    sa.Column("project_id", Id, primary_key=True),
    sa.Column("type_id", Id, sa.ForeignKey("volume_type.id"), nullable=False, index=True),
)

volume_qos_specs = sa.Table(
    "volume_qos_specs", metadata,
    id_column(),
    sa.Column("name", sa.String(255), nullable=False, unique=True),
    # front-end, back-end or both
    sa.Column("consumer", sa.String(16), nullable=False),
    sa.Column("specs", Json, nullable=False),
    sa.Column("created_at", Time, nullable=False),
    sa.Column("updated_at", Time, nullable=False),
)

volume_message = sa.Table(
    "volume_message", metadata,
    id_column(),
    sa.Column("project_id", Id, nullable=False),
    sa.Column("request_id", sa.String(64), nullable=False),
    sa.Column("resource_type", sa.String(32), nullable=False),
    # What it tells of may be gone.
    sa.Column("resource_id", Id, nullable=False),
    sa.Column("event_id", sa.String(64), nullable=False),
    sa.Column("user_message", sa.String(1024), nullable=False),
    sa.Column("level", sa.String(16), nullable=False),
    sa.Column("created_at", Time, nullable=False),
    sa.Column("expires_at", Time, nullable=False, index=True),
    sa.Index(None, "project_id", "created_at"),
)

volume_type_access = sa.Table(
    "volume_type_access", metadata,
    sa.Column("type_id", Id, sa.ForeignKey("volume_type.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("project_id", Id, primary_key=True),
)

volume_encryption = sa.Table(
    "volume_encryption", metadata,
    sa.Column("type_id", Id, sa.ForeignKey("volume_type.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("id", Id, nullable=False, unique=True),
    # "luks" and the like: what the guest's disk format is called.
    sa.Column("provider", sa.String(255), nullable=False),
    sa.Column("cipher", sa.String(255)),
    sa.Column("key_size", sa.Integer),
    # front-end: where it is used; back-end: where it is kept
    sa.Column("control_location", sa.String(16), nullable=False),
    sa.Column("created_at", Time, nullable=False),
    sa.Column("updated_at", Time, nullable=False),
)

volume_key = sa.Table(
    "volume_key", metadata,
    id_column(),
    # Whose it is: one of these three. Of a row without any the key manager is to forget the key.
    sa.Column("volume_id", Id, sa.ForeignKey("volume.id"), unique=True),
    sa.Column("backup_id", Id, unique=True),
    # A volume that a backup is being restored to: its key from the moment on when that is done.
    sa.Column("next_of", Id, unique=True),
    # nonce and ciphertext in base64; the master key is in a file. NULL where a key manager keeps the key.
    sa.Column("sealed", sa.Text),
    # What the key manager calls it, once it has it; copies of a volume have the same. Borrowed: another cloud's too.
    sa.Column("secret", Id, index=True),
    sa.Column("is_borrowed", sa.Boolean, nullable=False),
    sa.Column("created_at", Time, nullable=False),
)

volume_group_type = sa.Table(
    "volume_group_type", metadata,
    id_column(),
    sa.Column("name", sa.String(255), nullable=False, unique=True),
    sa.Column("description", sa.String(255)),
    sa.Column("is_public", sa.Boolean, nullable=False),
    sa.Column("group_specs", Json, nullable=False),
    sa.Column("created_at", Time, nullable=False),
    sa.Column("updated_at", Time, nullable=False),
)

volume_group = sa.Table(
    "volume_group", metadata,
    id_column(),
    sa.Column("name", sa.String(255)),
    sa.Column("description", sa.String(255)),
    sa.Column("project_id", Id, nullable=False),
    sa.Column("user_id", Id, nullable=False),
    # What its volumes make of it for clients is in cumulo/volume/groups.py.
    sa.Column("status", sa.String(32), nullable=False),
    sa.Column("group_type_id", Id, sa.ForeignKey("volume_group_type.id"), nullable=False, index=True),
    sa.Column("availability_zone", sa.String(255), nullable=False),
    # What it was made of, by id: each may be gone by now.
    sa.Column("source_group_id", Id),
    sa.Column("group_snapshot_id", Id),
    sa.Column("created_at", Time, nullable=False),
    sa.Column("updated_at", Time, nullable=False),
    sa.Index(None, "project_id", "created_at"),
)

volume_group_volume_type = sa.Table(
    "volume_group_volume_type", metadata,
    sa.Column("group_id", Id, sa.ForeignKey("volume_group.id"), primary_key=True),
    sa.Column("type_id", Id, sa.ForeignKey("volume_type.id"), primary_key=True, index=True),
)

volume_group_snapshot = sa.Table(
    "volume_group_snapshot", metadata,
    id_column(),
    sa.Column("group_id", Id, sa.ForeignKey("volume_group.id"), nullable=False, index=True),
    sa.Column("group_type_id", Id, nullable=False),
    sa.Column("name", sa.String(255)),
    sa.Column("description", sa.String(255)),
    sa.Column("project_id", Id, nullable=False),
    sa.Column("user_id", Id, nullable=False),
    sa.Column("status", sa.String(32), nullable=False),
    sa.Column("created_at", Time, nullable=False),
    sa.Column("updated_at", Time, nullable=False),
    sa.Index(None, "project_id", "created_at"),
)

volume_backend = sa.Table(
    "volume_backend", metadata,
    # host@backend
    sa.Column("name", sa.String(255), primary_key=True),
    sa.Column("id", Id, nullable=False, unique=True),
    sa.Column("host", sa.String(255), nullable=False, index=True),
    sa.Column("generation", sa.Integer, nullable=False),
    sa.Column("total_gib", sa.Integer, nullable=False),
    # {"volume_backend_name", "storage_protocol", "vendor_name", "driver_version", ...}: what types ask for
    sa.Column("capabilities", Json, nullable=False),
    sa.Column("disabled", sa.Boolean, nullable=False, default=False),
    sa.Column("disabled_reason", sa.String(255)),
    sa.Column("frozen", sa.Boolean, nullable=False, default=False),
    sa.Column("created_at", Time, nullable=False),
    sa.Column("updated_at", Time, nullable=False),
)

volume_project = sa.Table(
    "volume_project", metadata,
    id_column("project_id"),
    sa.Column("generation", sa.Integer, nullable=False, default=0),
)

volume_quota = sa.Table(
    "volume_quota", metadata,
    sa.Column("project_id", Id, primary_key=True),
    sa.Column("resource", sa.String(255), primary_key=True),
    sa.Column("most", sa.Integer, nullable=False),
)

volume_quota_class = sa.Table(
    "volume_quota_class", metadata,
    sa.Column("name", sa.String(255), primary_key=True),
    sa.Column("resource", sa.String(255), primary_key=True),
    sa.Column("most", sa.Integer, nullable=False),
)
