"""The lab's control plane: rows in memory, rendered for each host by the functions that render a database's rows."""

import itertools
import uuid
from collections.abc import Callable, Sequence
from typing import Any

from cumulo.network import document
from cumulo.network.networks import DHCP_OWNER

Row = dict[str, Any]
ROUTER_INTERFACE, ROUTER_GATEWAY = "network:router_interface", "network:router_gateway"
RULE: Row = {"direction": "ingress", "ethertype": "IPv4", "protocol": None, "port_range_min": None,
             "port_range_max": None, "remote_ip_prefix": None, "normalized_cidr": None, "remote_group_id": None,
             "remote_address_group_id": None}


class Control:
    """Rows, and what agents ask about them."""

    def __init__(self) -> None:
        self.revision = 1
        self.tunnel_addresses: dict[str, str] = {}
        self.networks: dict[str, Row] = {}
        self.subnets: dict[str, Row] = {}
        self.ports: dict[str, Row] = {}
        self.routers: dict[str, Row] = {}
        self.floating: dict[str, Row] = {}
        self.groups: dict[str, Row] = {}
        self.rules: dict[str, list[Row]] = {}
        self._numbers = itertools.count(1)

    def methods(self) -> dict[str, Callable[..., Any]]:
        """What is answered at the scheduler."""
        return {"network_desired": self.desired, "network_applied": lambda host, revision: None,
                "metadata_for": self.metadata}

    def network(self, kind: str, cidrs: Sequence[str], gateway_number: str = "1", mode: str | None = None,
                **more: Any) -> str:
        """Make a network with a subnet for each range; return its id."""
        number = next(self._numbers)
        row = {"id": _id(), "mtu": 1400, "admin_state_up": True, "provider_network_type": kind,
               "provider_physical_network": None, "provider_segmentation_id": 100 + number} | more
        self.networks[row["id"]] = row
        for cidr in cidrs:
            version = 6 if ":" in cidr else 4
            gateway = cidr.split("/")[0] + "1" if version == 6 else cidr.rpartition(".")[0] + ("." + gateway_number)
            subnet_id = _id()
            self.subnets[subnet_id] = {
                "id": subnet_id, "network_id": row["id"], "cidr": cidr, "ip_version": version, "gateway_ip": gateway,
                "enable_dhcp": version == 4 or mode == "dhcpv6-stateful", "dns_nameservers": [], "host_routes": [],
                "ipv6_ra_mode": mode if version == 6 else None, "ipv6_address_mode": mode if version == 6 else None}
        self.port(row["id"], "", device_owner=DHCP_OWNER, numbers=2)
        return str(row["id"])

    def port(self, network_id: str, host: str, *, numbers: int | None = None, **more: Any) -> str:
        """Make a port with an address of every range, bound to a host; return its id."""
        number = next(self._numbers)
        last = numbers or 10 + number
        fixed = [{"subnet_id": each["id"], "ip_address": _address(each["cidr"], last)}
                 for each in self.subnets.values() if each["network_id"] == network_id]
        row = {"id": _id(), "network_id": network_id, "mac_address": f"fa:16:3e:00:00:{number:02x}", "fixed_ips": fixed,
               "hostname": f"guest-{number}", "device_owner": "compute:nova", "admin_state_up": True,
               "binding_host_id": host, "created_at": float(number)} | more
        self.ports[row["id"]] = row
        self.revision += 1
        return str(row["id"])

    def change(self, port_id: str, **values: Any) -> None:
        """Change a port."""
        self.ports[port_id] |= values
        self.revision += 1

    def router(self, *network_ids: str, external: str = "", gateway_host: str = "", **more: Any) -> str:
        """Make a router with a door into each network, at its ranges' gateways; return its id."""
        router_id = _id()
        for network_id in network_ids:
            doors = [{"subnet_id": each["id"], "ip_address": each["gateway_ip"]}
                     for each in self.subnets.values() if each["network_id"] == network_id]
            self.port(network_id, "", device_owner=ROUTER_INTERFACE, device_id=router_id, fixed_ips=doors)
        way_out = self.port(external, "", device_owner=ROUTER_GATEWAY, device_id=router_id, numbers=50) if external else None
        self.routers[router_id] = {"id": router_id, "admin_state_up": True, "routes": [], "enable_snat": True,
                                   "gateway_host": gateway_host, "standby_host": "", "way_out": way_out, "forwardings": []} | more
        self.revision += 1
        return router_id

    def float(self, router_id: str, address: str, port_id: str) -> None:
        """Have a floating address stand for a port, or for another one from now on."""
        self.floating[address] = {"router_id": router_id, "floating_ip_address": address, "port_id": port_id,
                                  "dns_name": "", "dns_domain": ""}
        self.revision += 1

    def group(self, *rules: Row, stateful: bool = True) -> str:
        """Make a security group of rules; return its id."""
        group_id = _id()
        self.groups[group_id] = {"id": group_id, "stateful": stateful}
        self.rules[group_id] = [RULE | {"id": str(number)} | rule for number, rule in enumerate(rules)]
        self.revision += 1
        return group_id

    def desired(self, host: str, since_revision: int, known: Any) -> dict[str, Any]:
        """What a host must look like, whole, unless nothing changed."""
        place = document.Place(host, self.tunnel_addresses, frozenset({"physnet1"}))
        changed = since_revision != self.revision
        if not changed:
            return {"revision": self.revision, "full": False, "removed": {}}
        here = {each for port in self.ports.values() if port["binding_host_id"] == host
                for each in port.get("security_groups", ())}
        named = {rule["remote_group_id"] for each in here for rule in self.rules[each]} - {None}
        return {"revision": self.revision, "full": True, "removed": {},
                "networks": [self._network(place, each) for each in sorted(self._needed(host))],
                "routers": [self._router(place, each) for each in sorted(self._needed_routers(host))],
                "groups": [document.group(self.groups[each], self.rules[each]) for each in sorted(here)],
                "prefixes": [self._list_of(each) for each in sorted(named)]}

    def metadata(self, network_id: str, address: str) -> dict[str, Any]:
        """Nothing is known of guests."""
        raise LookupError(f"no server at {address} of {network_id}")

    def _list_of(self, group_id: str) -> dict[str, Any]:
        found = [port for port in self.ports.values() if group_id in port.get("security_groups", ())]
        return document.members(group_id, [fixed["ip_address"] for each in found for fixed in each["fixed_ips"]],
                                [pair for each in found for pair in each.get("allowed_address_pairs") or ()])

    def _own(self, host: str) -> set[str]:
        return {port["network_id"] for port in self.ports.values() if port["binding_host_id"] == host}

    def _doors(self, router_id: str) -> list[Row]:
        return [port for port in self.ports.values()
                if port.get("device_id") == router_id and port["device_owner"] == ROUTER_INTERFACE]

    def _needed_routers(self, host: str) -> set[str]:
        return {router_id for router_id, row in self.routers.items() if row["gateway_host"] == host
                or any(door["network_id"] in self._own(host) for door in self._doors(router_id))}

    def _needed(self, host: str) -> set[str]:
        routers = self._needed_routers(host)
        return (self._own(host) | {door["network_id"] for each in routers for door in self._doors(each)}
                | {self.ports[self.routers[each]["way_out"]]["network_id"] for each in routers if self.routers[each]["way_out"]})

    def _router(self, place: document.Place, router_id: str) -> Row:
        row = self.routers[router_id]
        floating = [each | {"host": self.ports[each["port_id"]]["binding_host_id"],
                            "fixed_ip_address": self.ports[each["port_id"]]["fixed_ips"][0]["ip_address"]}
                    for each in self.floating.values() if each["router_id"] == router_id]
        tunnelled = [each for each, network in self.networks.items() if network["provider_network_type"] in ("vxlan", "gre")]
        found = document.router(place, row, self._doors(router_id), self.subnets, tunnelled,
                                self.ports[row["way_out"]] if row["way_out"] else None, floating, row["forwardings"])
        return found | {"metering": row.get("metering", [])}

    def _network(self, place: document.Place, network_id: str) -> dict[str, Any]:
        return document.network(
            place, self.networks[network_id], [each for each in self.subnets.values() if each["network_id"] == network_id],
            [each for each in self.ports.values() if each["network_id"] == network_id])


def _id() -> str:
    return str(uuid.uuid4())


def _address(cidr: str, last: int) -> str:
    return f"{cidr.split('/')[0]}{last:x}" if ":" in cidr else f"{cidr.rpartition('.')[0]}.{last}"
