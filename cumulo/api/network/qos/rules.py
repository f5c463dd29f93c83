"""Rules of one policy, of one kind: list, create, show, update, delete. Each works for every kind there is."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from cumulo.api.network import collection, resource, standard
from cumulo.api.network.qos.handlers import KIND, rule_view
from cumulo.api.wsgi.route import Request
from cumulo.common import errors
from cumulo.common.db.tables.network_sharing import qos_rule
from cumulo.network import guarantees, qos, rates, routers

Row = dict[str, Any]
ATTRIBUTES = ("id", "qos_policy_id", "type", "direction", "max_kbps", "max_burst_kbps", "max_kpps", "max_burst_kpps",
              "dscp_mark", "min_kbps", "min_kpps")
TYPES = (qos.BANDWIDTH, qos.DSCP, rates.MINIMUM_BANDWIDTH, rates.MINIMUM_PACKETS, qos.PACKETS)
DRIVERS = ("linuxbridge", "openvswitch")
MOST_KPPS = 10**6
"""What a host's rules count is a number of 32 bits of packets a second."""
MARKS = [0, *range(8, 40, 2), 40, 44, 46, 48, 56]
"""The marks that RFC 2474 and its followers name."""
_KBPS = {"start": 0, "end": 2**31 - 1}
_KPPS = {"start": 1, "end": MOST_KPPS}
_DIRECTIONS = ["ingress", "egress"]
_BURSTS = {qos.BANDWIDTH: "max_burst_kbps", qos.PACKETS: "max_burst_kpps"}
_PARAMETERS: dict[str, dict[str, Any]] = {
    qos.BANDWIDTH: {"max_kbps": _KBPS, "max_burst_kbps": _KBPS, "direction": _DIRECTIONS},
    qos.PACKETS: {"max_kpps": _KPPS, "max_burst_kpps": _KPPS | {"start": 0}, "direction": _DIRECTIONS},
    qos.DSCP: {"dscp_mark": MARKS},
    rates.MINIMUM_BANDWIDTH: {"min_kbps": _KBPS, "direction": _DIRECTIONS},
    rates.MINIMUM_PACKETS: {"min_kpps": _KBPS, "direction": [rates.ANY, *_DIRECTIONS]},
}


def index(kind: str, request: Request) -> Row:
    """The rules of this kind."""
    with request.services.database.read() as connection:
        row = standard.found(KIND, request, connection, request.params["qos_policy_id"])
    views = [rule_view(each) for each in row["rules"] if each["kind"] == kind]
    return collection.answer(request, f"{kind}_rules", views, ATTRIBUTES)


def create(kind: str, request: Request) -> Row:
    """One rule more."""
    database = request.services.database
    with database.write() as connection:
        policy = standard.owned(KIND, request, connection, "update:rules")
        direction, settings = _split(kind, request.body[f"{kind}_rule"], "egress" if kind in qos.DIRECTED else "")
        if kind in _BURSTS:
            settings.setdefault(_BURSTS[kind], 0)
        row = qos.create_rule(connection, request.services.ids, database.now(connection), policy["id"], kind, direction,
                              settings)
        _check_kept(connection, row)
        hosts = _hosts(connection, policy["id"])
    resource.ring(request, hosts)
    return {f"{kind}_rule": rule_view(row)}


def show(kind: str, request: Request) -> Row:
    """One rule; raises NotFound."""
    with request.services.database.read() as connection:
        policy = _policy(kind, request, connection)
        row = qos.get_rule(connection, policy["id"], kind, request.params["qos_rule_id"])
    return {_name(kind, request): collection.chosen_fields(request, rule_view(row))}


def update(kind: str, request: Request) -> Row:
    """Change a rule."""
    database = request.services.database
    with database.write() as connection:
        before = _owned(kind, request, connection)
        direction, settings = _split(kind, request.body[_name(kind, request)], before["direction"])
        row = qos.update_rule(connection, database.now(connection), before, direction, settings)
        _check_kept(connection, row)
        hosts = _hosts(connection, row["qos_policy_id"])
    resource.ring(request, hosts)
    return {_name(kind, request): rule_view(row)}


def delete(kind: str, request: Request) -> None:
    """Delete a rule."""
    database = request.services.database
    with database.write() as connection:
        row = _owned(kind, request, connection)
        qos.delete_rule(connection, database.now(connection), row)
        hosts = _hosts(connection, row["qos_policy_id"])
    resource.ring(request, hosts)


def types(request: Request) -> Row:
    """The kinds of rules there are."""
    return {"rule_types": [{"type": each} for each in TYPES]}


def show_type(request: Request) -> Row:
    """One kind of rules; raises NotFound."""
    kind = request.params["rule_type"]
    if kind not in TYPES:
        raise errors.NotFound(f"QoS rule type {kind[:64]} could not be found.", kind="QosRuleTypeNotFound")
    parameters = [{"parameter_name": name, "parameter_type": "choices" if isinstance(values, list) else "range",
                   "parameter_values": values} for name, values in _PARAMETERS[kind].items()]
    return {"rule_type": {"type": kind, "drivers": [{"name": each, "supported_parameters": parameters} for each in DRIVERS]}}


def _name(kind: str, request: Request) -> str:
    """What a body calls a rule: by its own id alone it is an alias."""
    return f"{kind}_rule" if "qos_policy_id" in request.params else f"alias_{kind}_rule"


def _policy(kind: str, request: Request, connection: sa.Connection) -> Row:
    """The policy that the path names, or that the rule which it names is of; raises NotFound."""
    if "qos_policy_id" in request.params:
        return standard.found(KIND, request, connection, request.params["qos_policy_id"])
    rule_id = request.params["qos_rule_id"]
    its = sa.select(qos_rule.c.qos_policy_id).where(qos_rule.c.id == rule_id, qos_rule.c.kind == kind)
    rows = KIND.rows(connection, KIND.table.c.id.in_(its), *KIND.visible(request))
    if not rows:
        raise qos.rule_not_found(rule_id)
    return rows[0]


def _owned(kind: str, request: Request, connection: sa.Connection) -> Row:
    """The rule that the path names, to be changed: raises NotFound, Forbidden, PreconditionFailed."""
    policy = _policy(kind, request, connection)
    request.authorize(f"{KIND.rules}:update:rules", {"project_id": policy["project_id"]})
    resource.check_revision(request, policy)
    return qos.get_rule(connection, policy["id"], kind, request.params["qos_rule_id"])


def _check_kept(connection: sa.Connection, rule: Row) -> None:
    """A rule that promises something is refused where hosts have not so much for the ports that follow it."""
    if rule["kind"] in rates.KINDS:
        guarantees.check_policy(connection, rule["qos_policy_id"])


def _split(kind: str, body: Row, direction: str) -> tuple[str, Row]:
    settings = {name: int(value) for name, value in body.items() if name != "direction"}
    return (body.get("direction", direction) if kind in qos.DIRECTED else ""), settings


def _hosts(connection: sa.Connection, policy_id: str) -> set[str]:
    return resource.hosts_of(connection, qos.networks_of(connection, policy_id)) | routers.hosts_of_routers(
        connection, qos.routers_of(connection, policy_id))
