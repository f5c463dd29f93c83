"""Networks, subnets, ports and their addresses; and the counter that gives every change a revision.

Invariants carried by unique indexes: an address is held once in its subnet, a MAC address once in
its network, a segment of a physical network or an overlay by one network. `network_revision` has one row; `network_change` keeps, for networks that exist and
for those that did, the revision of the last change, so that a host learns of a removal too.
"""

import sqlalchemy as sa

from cumulo.common.db.tables.base import Id, Json, Time, id_column, metadata

network = sa.Table(
    "network", metadata,
    id_column(),
    sa.Column("project_id", Id, nullable=False, index=True),
    sa.Column("name", sa.String(255), nullable=False),
    sa.Column("description", sa.String(255), nullable=False),
    sa.Column("admin_state_up", sa.Boolean, nullable=False),
    sa.Column("shared", sa.Boolean, nullable=False),
    sa.Column("external", sa.Boolean, nullable=False),
    sa.Column("mtu", sa.Integer, nullable=False),
    sa.Column("provider_network_type", sa.String(16), nullable=False),
    sa.Column("provider_physical_network", sa.String(64)),
    sa.Column("provider_segmentation_id", sa.Integer),
    # What new ports of it get unless they say otherwise.
    sa.Column("port_security_enabled", sa.Boolean, nullable=False, server_default=sa.true()),
    # The external network that a topology made by the cloud leads to.
    sa.Column("is_default", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("dns_domain", sa.String(255), nullable=False, server_default=""),
    sa.Column("qos_policy_id", Id, index=True),
    sa.Column("availability_zone_hints", Json),
    sa.Column("tags", Json),
    sa.Column("created_at", Time, nullable=False),
    sa.Column("updated_at", Time, nullable=False),
    sa.Column("revision_number", sa.Integer, nullable=False),
)

network_segment = sa.Table(
    "network_segment", metadata,
    id_column(),
    sa.Column("network_id", Id, sa.ForeignKey("network.id", ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("name", sa.String(255), nullable=False),
    sa.Column("description", sa.String(255), nullable=False),
    sa.Column("network_type", sa.String(16), nullable=False),
    # "" where the type needs none.
    sa.Column("physical_network", sa.String(64), nullable=False),
    # 0 for a flat network, which is the whole of its physical network.
    sa.Column("segmentation_id", sa.Integer, nullable=False),
    sa.Column("created_at", Time, nullable=False),
    sa.Column("updated_at", Time, nullable=False),
    sa.Column("revision_number", sa.Integer, nullable=False),
    sa.UniqueConstraint("network_type", "physical_network", "segmentation_id", name="uq_network_segment_place"),
)

subnet = sa.Table(
    "subnet", metadata,
    id_column(),
    sa.Column("network_id", Id, sa.ForeignKey("network.id"), nullable=False, index=True),
    sa.Column("project_id", Id, nullable=False, index=True),
    sa.Column("name", sa.String(255), nullable=False),
    sa.Column("description", sa.String(255), nullable=False),
    sa.Column("ip_version", sa.Integer, nullable=False),
    sa.Column("cidr", sa.String(64), nullable=False),
    sa.Column("gateway_ip", sa.String(64)),
    sa.Column("enable_dhcp", sa.Boolean, nullable=False),
    sa.Column("allocation_pools", Json, nullable=False),
    sa.Column("dns_nameservers", Json, nullable=False),
    sa.Column("host_routes", Json, nullable=False),
    # slaac, dhcpv6-stateful or dhcpv6-stateless; NULL: nobody announces, and every address is given out here.
    sa.Column("ipv6_ra_mode", sa.String(32)),
    sa.Column("ipv6_address_mode", sa.String(32)),
    sa.Column("subnet_pool_id", Id, index=True),
    # The segment whose hosts have it, where its network has several that are routed from one to another.
    sa.Column("segment_id", Id, index=True),
    # Which device_owners may have addresses of it; none named: all.
    sa.Column("service_types", Json),
    sa.Column("tags", Json),
    sa.Column("created_at", Time, nullable=False),
    sa.Column("updated_at", Time, nullable=False),
    sa.Column("revision_number", sa.Integer, nullable=False),
)

port = sa.Table(
    "port", metadata,
    id_column(),
    sa.Column("network_id", Id, sa.ForeignKey("network.id"), nullable=False, index=True),
    sa.Column("project_id", Id, nullable=False, index=True),
    sa.Column("name", sa.String(255), nullable=False),
    sa.Column("description", sa.String(255), nullable=False),
    sa.Column("admin_state_up", sa.Boolean, nullable=False),
    sa.Column("status", sa.String(16), nullable=False),
    sa.Column("mac_address", sa.String(32), nullable=False),
    sa.Column("device_id", sa.String(255), nullable=False, index=True),
    sa.Column("device_owner", sa.String(255), nullable=False),
    sa.Column("hostname", sa.String(255), nullable=False),
    sa.Column("binding_host_id", sa.String(255), nullable=False, index=True),
    # Where its server is moving to while it runs: that host has the port too, until the server is there.
    sa.Column("next_host_id", sa.String(255), nullable=False, server_default="", index=True),
    sa.Column("binding_vnic_type", sa.String(32), nullable=False),
    sa.Column("binding_profile", Json, nullable=False),
    sa.Column("bound_revision", sa.BigInteger, nullable=False),
    # Ports made before there were security groups filter nothing, as they did.
    sa.Column("port_security_enabled", sa.Boolean, nullable=False, server_default=sa.false()),
    # [{"ip_address", "mac_address"}]: what it may send from beside its own; [{"opt_name", "opt_value", "ip_version"}]
    sa.Column("allowed_address_pairs", Json),
    sa.Column("extra_dhcp_opts", Json),
    sa.Column("dns_name", sa.String(255), nullable=False, server_default=""),
    sa.Column("dns_domain", sa.String(255), nullable=False, server_default=""),
    sa.Column("qos_policy_id", Id, index=True),
    sa.Column("tags", Json),
    # It was there before its server, and stays when that goes.
    sa.Column("outlives_device", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("created_at", Time, nullable=False),
    sa.Column("updated_at", Time, nullable=False),
    sa.Column("revision_number", sa.Integer, nullable=False),
    sa.UniqueConstraint("network_id", "mac_address"),
)

port_address = sa.Table(
    "port_address", metadata,
    sa.Column("subnet_id", Id, sa.ForeignKey("subnet.id"), primary_key=True),
    sa.Column("ip_address", sa.String(64), primary_key=True),
    sa.Column("port_id", Id, sa.ForeignKey("port.id"), nullable=False, index=True),
    sa.Column("position", sa.Integer, nullable=False),
)

network_revision = sa.Table(
    "network_revision", metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("revision", sa.BigInteger, nullable=False),
)

network_change = sa.Table(
    "network_change", metadata,
    sa.Column("network_id", Id, primary_key=True),
    sa.Column("revision", sa.BigInteger, nullable=False, index=True),
)

network_host = sa.Table(
    "network_host", metadata,
    sa.Column("host", sa.String(255), primary_key=True),
    sa.Column("applied_revision", sa.BigInteger, nullable=False),
    # What it said when it registered: where its tunnels end, the physical networks it is wired to, the types it carries.
    sa.Column("tunnel_address", sa.String(64), nullable=False, server_default=""),
    sa.Column("wired", Json),
    sa.Column("types", Json),
    # What it can promise to ports, by what it is of (cumulo.network.rates): {"kbps egress physnet1": 1000000}.
    sa.Column("offers", Json),
    # Whether gateways of routers may be put there.
    sa.Column("admin_state_up", sa.Boolean, nullable=False, server_default=sa.true()),
    # What leads from there to others: linuxbridge or openvswitch.
    sa.Column("mechanism", sa.String(32), nullable=False, server_default="linuxbridge"),
    sa.Column("updated_at", Time, nullable=False),
)

network_placement = sa.Table(
    "network_placement", metadata,
    # A network that a host has although nothing of it is there.
    sa.Column("network_id", Id, sa.ForeignKey("network.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("host", sa.String(255), primary_key=True, index=True),
)
