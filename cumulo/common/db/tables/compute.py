"""Tables of the compute part: servers, flavors, keypairs, hosts and what is claimed on them.

    server          one per server; a deleted one stays as a row with deleted_at set
    server_tag      its tags
    server_group    servers that shall share a host, or shall not; a server names its group
    flavor          sizes; a server carries its own copy in server.flavor
    flavor_access   projects that may use a private flavor
    keypair         public keys of users
    compute_host    one per hypervisor: inventory, and the generation that claims are made against
    claim           what a server takes of a host, keyed by the server's id
    server_move     the other side of a server that is resized or moved: the room it will have, then the one it had,
                    until somebody confirms that it stays where it is, or has it go back
    host_leftover   what a host that was down may still have of a server that was given up there
    service_status  one per service and host: when it was last heard and what it said
    compute_project one per project: the row that a quota check locks
    aggregate       hosts put together, with metadata; aggregate_host says which
    compute_quota   limits that a project has instead of the configured ones
    compute_quota_class  limits that every project has instead of the configured ones
"""

import sqlalchemy as sa

from cumulo.common.db.tables.base import Id, Json, LongText, Time, id_column, metadata

server = sa.Table(
    "server", metadata,
    id_column(),
    sa.Column("name", sa.String(255), nullable=False),
    sa.Column("hostname", sa.String(255), nullable=False),
    sa.Column("description", sa.String(255)),
    sa.Column("project_id", Id, nullable=False),
    sa.Column("user_id", Id, nullable=False),
    # BUILD, ACTIVE, SHUTOFF, ERROR or DELETED. REBOOT and HARD_REBOOT are what a running operation
    # adds, see cumulo/compute/states.py.
    sa.Column("status", sa.String(32), nullable=False),
    # 0 unknown, 1 running, 4 shut down: the numbers of the compute API.
    sa.Column("power_state", sa.Integer, nullable=False, default=0),
    # {"code", "message", "details", "created_at"}; NULL unless the status is ERROR.
    sa.Column("fault", Json),
    sa.Column("host", sa.String(255)),
    sa.Column("requested_host", sa.String(255)),
    sa.Column("availability_zone", sa.String(255)),
    sa.Column("group_id", Id),
    # As the client sent them; what they say of hosts is read when the server is placed.
    sa.Column("scheduler_hints", Json),
    sa.Column("image_id", Id),
    sa.Column("flavor_id", sa.String(255), nullable=False),
    # {"id", "name", "vcpus", "memory_mib", "root_gib", "ephemeral_gib", "swap_mib", "extra_specs"}
    sa.Column("flavor", Json, nullable=False),
    # The flavor's sizes once more, as numbers that the quota check can add up.
    sa.Column("vcpus", sa.Integer, nullable=False, default=0),
    sa.Column("memory_mib", sa.Integer, nullable=False, default=0),
    sa.Column("key_name", sa.String(255)),
    sa.Column("public_key", LongText),
    # base64, as the client sent it
    sa.Column("user_data", LongText),
    # [{"path", "contents" in base64}]
    sa.Column("injected_files", Json),
    sa.Column("config_drive", sa.Boolean, nullable=False, default=False),
    sa.Column("metadata", Json, nullable=False),
    sa.Column("kernel_id", Id),
    sa.Column("ramdisk_id", Id),
    # What its root disk is made from while it is shelved; the image is the cloud's own and goes when it comes back.
    sa.Column("shelved_image_id", Id),
    sa.Column("admin_password", sa.String(255)),
    # What its owner calls its cards: {a port's id: the tag}
    sa.Column("device_tags", Json),
    # What the guest told of itself, sealed with the public key of its owner.
    sa.Column("guest_password", sa.String(1020)),
    sa.Column("access_ipv4", sa.String(64)),
    sa.Column("access_ipv6", sa.String(64)),
    sa.Column("disk_config", sa.String(16), nullable=False, default="MANUAL"),
    sa.Column("locked", sa.Boolean, nullable=False, default=False),
    sa.Column("locked_reason", sa.String(255)),
    # What the image said of itself when the server was made of it: {"hw_disk_bus": ...}
    sa.Column("image_properties", Json),
    # The sizes of disks that were asked for instead of the flavor's: {"ephemeral_gib", "swap_mib"}
    sa.Column("local_disks", Json),
    # Names of the certificates that may have signed the image.
    sa.Column("trusted_certificates", Json),
    sa.Column("reservation_id", sa.String(32), nullable=False),
    sa.Column("launch_index", sa.Integer, nullable=False, default=0),
    sa.Column("created_at", Time, nullable=False),
    sa.Column("updated_at", Time, nullable=False),
    sa.Column("launched_at", Time),
    sa.Column("terminated_at", Time),
    sa.Column("deleted_at", Time),
    sa.Index(None, "project_id", "created_at"),
    sa.Index(None, "host"),
    sa.Index(None, "deleted_at"),
    sa.Index(None, "group_id"),
)

server_group = sa.Table(
    "server_group", metadata,
    id_column(),
    sa.Column("name", sa.String(255), nullable=False),
    sa.Column("project_id", Id, nullable=False, index=True),
    sa.Column("user_id", Id, nullable=False),
    # affinity, anti-affinity, soft-affinity or soft-anti-affinity
    sa.Column("policy", sa.String(32), nullable=False),
    # {"max_server_per_host": 2}
    sa.Column("rules", Json, nullable=False),
    # Raised by every member that is placed: a plan made from an older look at the group is void.
    sa.Column("generation", sa.Integer, nullable=False, default=0),
    sa.Column("created_at", Time, nullable=False),
)

server_tag = sa.Table(
    "server_tag", metadata,
    sa.Column("server_id", Id, primary_key=True),
    sa.Column("tag", sa.String(60), primary_key=True),
)

flavor = sa.Table(
    "flavor", metadata,
    sa.Column("id", sa.String(255), primary_key=True),
    sa.Column("name", sa.String(255), nullable=False, unique=True),
    sa.Column("vcpus", sa.Integer, nullable=False),
    sa.Column("memory_mib", sa.Integer, nullable=False),
    sa.Column("root_gib", sa.Integer, nullable=False, default=0),
    sa.Column("ephemeral_gib", sa.Integer, nullable=False, default=0),
    sa.Column("swap_mib", sa.Integer, nullable=False, default=0),
    sa.Column("rxtx_factor", sa.Double, nullable=False, default=1.0),
    sa.Column("is_public", sa.Boolean, nullable=False, default=True),
    sa.Column("disabled", sa.Boolean, nullable=False, default=False),
    sa.Column("extra_specs", Json, nullable=False),
    sa.Column("description", LongText),
    sa.Column("created_at", Time, nullable=False),
)

flavor_access = sa.Table(
    "flavor_access", metadata,
    sa.Column("flavor_id", sa.String(255), primary_key=True),
    sa.Column("project_id", Id, primary_key=True),
)

keypair = sa.Table(
    "keypair", metadata,
    # The API shows a number as the keypair's id.
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("user_id", Id, nullable=False),
    sa.Column("name", sa.String(255), nullable=False),
    sa.Column("type", sa.String(8), nullable=False),
    sa.Column("public_key", LongText, nullable=False),
    sa.Column("fingerprint", sa.String(128), nullable=False),
    sa.Column("created_at", Time, nullable=False),
    sa.UniqueConstraint("user_id", "name"),
)

compute_host = sa.Table(
    "compute_host", metadata,
    # The API shows a number as the hypervisor's id below microversion 2.53, the id from there on.
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("id", Id, nullable=False, unique=True),
    sa.Column("name", sa.String(255), nullable=False, unique=True),
    # Raised by every claim and every release: a plan made against an older one is void.
    sa.Column("generation", sa.Integer, nullable=False, default=0),
    sa.Column("vcpus", sa.Integer, nullable=False),
    sa.Column("memory_mib", sa.Integer, nullable=False),
    sa.Column("disk_gib", sa.Integer, nullable=False),
    # {"type", "version", "cpu_info", "address", "uptime", "disk_free_gib", ...} as the agent reported.
    sa.Column("hypervisor", Json, nullable=False),
    sa.Column("disabled", sa.Boolean, nullable=False, default=False),
    sa.Column("disabled_reason", sa.String(255)),
    sa.Column("forced_down", sa.Boolean, nullable=False, default=False),
    sa.Column("created_at", Time, nullable=False),
    sa.Column("updated_at", Time, nullable=False),
)

claim = sa.Table(
    "claim", metadata,
    id_column("server_id"),
    sa.Column("host", sa.String(255), nullable=False),
    sa.Column("vcpus", sa.Integer, nullable=False),
    sa.Column("memory_mib", sa.Integer, nullable=False),
    sa.Column("disk_gib", sa.Integer, nullable=False),
    # Of vcpus, those that have a processor of the host's each; of memory_mib, what is in large pages.
    sa.Column("dedicated", sa.Integer, nullable=False, default=0),
    sa.Column("paged_mib", sa.Integer, nullable=False, default=0),
    # Which processors, cells and devices they are (cumulo/compute/fits.py); NULL where the server asked for none.
    sa.Column("fit", Json),
    sa.Column("created_at", Time, nullable=False),
    sa.Index(None, "host"),
)

server_move = sa.Table(
    "server_move", metadata,
    id_column("server_id"),
    sa.Column("host", sa.String(255), nullable=False),
    sa.Column("vcpus", sa.Integer, nullable=False),
    sa.Column("memory_mib", sa.Integer, nullable=False),
    sa.Column("disk_gib", sa.Integer, nullable=False),
    # Of vcpus, those that have a processor of the host's each; of memory_mib, what is in large pages.
    sa.Column("dedicated", sa.Integer, nullable=False, default=0),
    sa.Column("paged_mib", sa.Integer, nullable=False, default=0),
    # Which processors, cells and devices they are (cumulo/compute/fits.py); NULL where the server asked for none.
    sa.Column("fit", Json),
    # What the server is there: the flavor it goes to, then the one it came from.
    sa.Column("flavor_id", sa.String(255), nullable=False),
    sa.Column("flavor", Json, nullable=False),
    sa.Column("created_at", Time, nullable=False),
    sa.Index(None, "host"),
)

host_leftover = sa.Table(
    "host_leftover", metadata,
    id_column(),
    sa.Column("host", sa.String(255), nullable=False),
    sa.Column("server_id", Id, nullable=False),
    sa.Column("created_at", Time, nullable=False),
    sa.UniqueConstraint("server_id", "host"),
)

service_status = sa.Table(
    "service_status", metadata,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("id", Id, nullable=False, unique=True),
    sa.Column("host", sa.String(255), nullable=False),
    # compute, network, scheduler or api
    sa.Column("kind", sa.String(32), nullable=False),
    sa.Column("started_at", Time, nullable=False),
    sa.Column("last_seen", Time, nullable=False),
    # What the service said of itself: {"hearing", "connected", "last_heard_s_ago", ...}
    sa.Column("facts", Json, nullable=False),
    sa.UniqueConstraint("host", "kind"),
)

compute_project = sa.Table(
    "compute_project", metadata,
    id_column("project_id"),
    sa.Column("generation", sa.Integer, nullable=False, default=0),
)

compute_quota = sa.Table(
    "compute_quota", metadata,
    sa.Column("project_id", Id, primary_key=True),
    # Empty for the project's own limits; else what one user may take of them.
    sa.Column("user_id", Id, primary_key=True),
    sa.Column("resource", sa.String(64), primary_key=True),
    # -1 is no limit.
    sa.Column("most", sa.Integer, nullable=False),
)

compute_quota_class = sa.Table(
    "compute_quota_class", metadata,
    sa.Column("name", sa.String(255), primary_key=True),
    sa.Column("resource", sa.String(64), primary_key=True),
    sa.Column("most", sa.Integer, nullable=False),
)

aggregate = sa.Table(
    "aggregate", metadata,
    # The API shows a number as the aggregate's id.
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("id", Id, nullable=False, unique=True),
    sa.Column("name", sa.String(255), nullable=False, unique=True),
    # "availability_zone" in it makes the hosts' zone.
    sa.Column("metadata", Json, nullable=False),
    sa.Column("created_at", Time, nullable=False),
    sa.Column("updated_at", Time),
)

aggregate_host = sa.Table(
    "aggregate_host", metadata,
    sa.Column("aggregate_number", sa.Integer, sa.ForeignKey("aggregate.number", ondelete="CASCADE"), primary_key=True),
    sa.Column("host", sa.String(255), primary_key=True),
)
