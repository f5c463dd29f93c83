"""Options of the network part: what is offered by default, and how the agent builds it."""

from oslo_config import cfg

GROUP = "network"
OPTIONS = [
    cfg.IntOpt(
        "mtu", default=1500, min=68, max=65535,
        help="Largest packet in bytes of a network that names none itself. 1500 is what Ethernet carries everywhere."),
    cfg.ListOpt(
        "physical_networks", default=["physnet1", "public"],
        help="Names of the physical networks on which an administrator may make flat networks."),
    cfg.StrOpt(
        "driver", default="linux", choices=["linux", "fake"],
        help="How the agent builds networks: linux (bridges, namespaces, dnsmasq, nftables; needs root) or fake "
             "(only remembers what it was asked to build; for tests and API users)."),
    cfg.DictOpt(
        "physical_interfaces", default={},
        help="Interfaces of this host by the physical network they are wired to, as physnet1:eth1. The interface goes "
             "into the bridge of the flat network there. A flat network on a physical network that is not named here "
             "has this host itself as its gateway and way out."),
    cfg.DictOpt(
        "bandwidths", default={},
        help="Kbit/s that this host's wires carry, out and in, by the physical network they lead to, as "
             "physnet1:10000000:10000000; `tunnelled` stands for networks that leave by tunnels. So much can be guaranteed to "
             "ports by rules of minimum bandwidth. A wire that is not named has nothing to guarantee, and servers whose "
             "ports ask for it are put elsewhere."),
    cfg.DictOpt(
        "packet_rates", default={},
        help="Thousands of packets a second that this host can pass on between its guests and its wires, as any:1000, or "
             "egress:500,ingress:500: what rules of minimum packet rate are guaranteed of. Empty: nothing."),
    cfg.StrOpt(
        "tunnel_address", default="",
        help="Address at which tunnels of tenant networks end on this host: one that all other hosts reach. Empty: the "
             "one that this host's default route uses."),
    cfg.StrOpt(
        "mechanism", default="linuxbridge", choices=["linuxbridge", "openvswitch"],
        help="What carries networks from this host to others: linuxbridge (the kernel's own VXLAN and VLANs) or openvswitch "
             "(GRE, VXLAN and VLANs by Open vSwitch, which must run here; where the kernel lacks its module, the tunnel "
             "address must be on a bridge of Open vSwitch with datapath_type=netdev). Hosts of both kinds are in one cloud."),
    cfg.ListOpt(
        "dns_servers", default=[],
        help="Addresses of name servers handed out by DHCP where a subnet names none. Empty: those of this host's "
             "/etc/resolv.conf that are not loopback addresses."),
    cfg.IntOpt(
        "dhcp_lease_s", default=86400, min=120, max=31536000,
        help="Lifetime in seconds of a DHCP lease. A day: addresses never move between servers, so renewals only "
             "carry changed options."),
    cfg.FloatOpt(
        "poll_interval_s", default=5.0, min=0.1, max=300.0,
        help="Seconds between two looks for changes when no doorbell rings. It bounds how late a change is when "
             "a message was lost."),
    cfg.FloatOpt(
        "metadata_cache_s", default=1.5, min=0.0, max=60.0,
        help="Seconds for which the metadata service trusts an answer. A boot asks some twenty times within a second."),
    cfg.StrOpt(
        "tenant_network_type", default="vxlan", choices=["vxlan", "vlan", "local"],
        help="Type of networks that name none: vxlan crosses hosts without anybody configuring switches. While a host "
             "says that its kernel cannot carry it, such networks are local: they end at their host."),
    cfg.StrOpt(
        "vxlan_ids", default="1:16777215",
        help="First and last number that networks of type vxlan get which ask for none: all that the protocol has."),
    cfg.ListOpt(
        "vlan_ranges", default=[],
        help="Numbers that networks of type vlan get which ask for none, as physnet1:100:199. Empty: only an "
             "administrator makes such networks, naming the number."),
    cfg.StrOpt(
        "dns_domain", default="openstacklocal.",
        help="Domain of ports whose network names none: what their names end with."),
    cfg.BoolOpt(
        "distributed_routers", default=True,
        help="Whether routers for which an administrator does not say it answer for floating addresses on the hosts of their "
             "servers, which needs no detour and leaves no host to fail for all; false: on the router's gateway host."),
    cfg.StrOpt(
        "availability_zone", default="nova",
        help="Name of the one zone that networks and routers are in: the same that servers are in."),
    cfg.IntOpt(
        "quota_network", default=100, min=-1,
        help="Networks that a project may have unless an administrator says otherwise; -1 is no limit."),
    cfg.IntOpt(
        "quota_subnet", default=100, min=-1,
        help="Subnets that a project may have unless an administrator says otherwise; -1 is no limit."),
    cfg.IntOpt(
        "quota_port", default=500, min=-1,
        help="Ports, DHCP's not counted, that a project may have unless an administrator says otherwise; -1 is no limit."),
    cfg.IntOpt(
        "quota_router", default=10, min=-1,
        help="Routers that a project may have unless an administrator says otherwise; -1 is no limit."),
    cfg.IntOpt(
        "quota_floatingip", default=50, min=-1,
        help="Floating addresses that a project may have unless an administrator says otherwise; -1 is no limit."),
    cfg.IntOpt(
        "quota_security_group", default=10, min=-1,
        help="Security groups, the default one counted, that a project may have unless an administrator says otherwise; -1 is no limit."),
    cfg.IntOpt(
        "quota_security_group_rule", default=100, min=-1,
        help="Rules of security groups that a project may have unless an administrator says otherwise; -1 is no limit."),
    cfg.IntOpt(
        "quota_subnetpool", default=-1, min=-1,
        help="Subnet pools that a project may have unless an administrator says otherwise; -1 is no limit."),
    cfg.IntOpt(
        "quota_rbac_policy", default=10, min=-1,
        help="Policies that share something that a project may have unless an administrator says otherwise; -1 is no limit."),
    cfg.IntOpt(
        "quota_trunk", default=-1, min=-1,
        help="Trunks that a project may have unless an administrator says otherwise; -1 is no limit."),
]


def register(conf: cfg.ConfigOpts) -> None:
    """Declare the options of this part."""
    conf.register_opts(OPTIONS, group=GROUP)
