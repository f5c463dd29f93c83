"""What projects let others use, ports that carry other ports, and how fast ports may be.

    rbac_policy      lets one project, or all ("*"), use a thing of another's
    trunk            a port of a server that carries other ports by VLAN
    trunk_subport    one port that it carries
    qos_policy       a set of rules for the traffic of ports
    qos_rule         one of them
    port_binding     further hosts that a port may move to; the one it is on stands in the port itself
"""

import sqlalchemy as sa

from cumulo.common.db.tables.base import Id, Json, Time, id_column, metadata

rbac_policy = sa.Table(
    "rbac_policy", metadata,
    id_column(),
    sa.Column("project_id", Id, nullable=False, index=True),
    sa.Column("object_type", sa.String(32), nullable=False),
    sa.Column("object_id", Id, nullable=False),
    sa.Column("action", sa.String(32), nullable=False),
    # A project, or "*".
    sa.Column("target_project", Id, nullable=False, index=True),
    sa.Column("created_at", Time, nullable=False),
    sa.Column("updated_at", Time, nullable=False),
    sa.Column("revision_number", sa.Integer, nullable=False),
    sa.UniqueConstraint("object_id", "target_project", "action"),
)

qos_policy = sa.Table(
    "qos_policy", metadata,
    id_column(),
    sa.Column("project_id", Id, nullable=False, index=True),
    sa.Column("name", sa.String(255), nullable=False),
    sa.Column("description", sa.String(255), nullable=False),
    sa.Column("shared", sa.Boolean, nullable=False),
    # The project whose networks get it where they name none; NULL for all others.
    sa.Column("default_of", Id, unique=True),
    sa.Column("tags", Json, nullable=False),
    sa.Column("created_at", Time, nullable=False),
    sa.Column("updated_at", Time, nullable=False),
    sa.Column("revision_number", sa.Integer, nullable=False),
)

qos_rule = sa.Table(
    "qos_rule", metadata,
    id_column(),
    sa.Column("qos_policy_id", Id, sa.ForeignKey("qos_policy.id", ondelete="CASCADE"), nullable=False),
    # bandwidth_limit, dscp_marking, minimum_bandwidth, minimum_packet_rate, packet_rate_limit
    sa.Column("kind", sa.String(32), nullable=False),
    # "" where the kind has none.
    sa.Column("direction", sa.String(8), nullable=False),
    # {"max_kbps", "max_burst_kbps"}, {"dscp_mark"}, {"min_kbps"}, {"min_kpps"}, {"max_kpps", "max_burst_kpps"}
    sa.Column("settings", Json, nullable=False),
    sa.UniqueConstraint("qos_policy_id", "kind", "direction"),
)

trunk = sa.Table(
    "trunk", metadata,
    id_column(),
    sa.Column("project_id", Id, nullable=False, index=True),
    sa.Column("name", sa.String(255), nullable=False),
    sa.Column("description", sa.String(255), nullable=False),
    sa.Column("admin_state_up", sa.Boolean, nullable=False),
    sa.Column("port_id", Id, sa.ForeignKey("port.id"), nullable=False, unique=True),
    sa.Column("tags", Json, nullable=False),
    sa.Column("created_at", Time, nullable=False),
    sa.Column("updated_at", Time, nullable=False),
    sa.Column("revision_number", sa.Integer, nullable=False),
)

trunk_subport = sa.Table(
    "trunk_subport", metadata,
    sa.Column("port_id", Id, sa.ForeignKey("port.id"), primary_key=True),
    sa.Column("trunk_id", Id, sa.ForeignKey("trunk.id", ondelete="CASCADE"), nullable=False),
    sa.Column("segmentation_type", sa.String(16), nullable=False),
    sa.Column("segmentation_id", sa.Integer, nullable=False),
    sa.UniqueConstraint("trunk_id", "segmentation_id"),
)

port_binding = sa.Table(
    "port_binding", metadata,
    sa.Column("port_id", Id, sa.ForeignKey("port.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("host", sa.String(255), primary_key=True),
    sa.Column("vnic_type", sa.String(32), nullable=False),
    sa.Column("profile", Json, nullable=False),
    sa.Column("created_at", Time, nullable=False),
)
