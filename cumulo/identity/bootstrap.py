"""What a cloud needs before anybody can log in: keys, a domain, roles, an administrator, a catalog.

Everything here looks before it acts: running it again changes nothing, and puts back what is missing.
A catalog entry follows the public URL when that changes; the administrator's password is set once.
"""

import itertools

import sqlalchemy as sa
from oslo_config import cfg

from cumulo.common.clock import Clock
from cumulo.common.db.engine import Database
from cumulo.common.db.tables import identity as tables
from cumulo.common.ids import Ids
from cumulo.common.threads import Threads
from cumulo.identity import assignments, catalog, domains, keys, projects, revocations, roles, users
from cumulo.identity.model import SYSTEM, Actor, Endpoint, Region, Scope, Service, Target
from cumulo.identity.password_rules import NewPassword
from cumulo.identity.passwords import hash_password
from cumulo.identity.tokens import DEFAULT_DOMAIN_ID

ADMIN = "admin"
REGION = "RegionOne"
INTERFACES = ("public", "internal", "admin")
# Each implies the next.
ROLE_CHAIN = ("admin", "manager", "member", "reader")
ROLES = (*ROLE_CHAIN, "service")
SERVICES = (("identity", "keystone", "/identity/v3"), ("compute", "nova", "/compute/v2.1"),
            ("image", "glance", "/image"), ("network", "neutron", "/network"),
            # Two names of one service: newer clients look for the first, older ones for the second.
            ("block-storage", "cinder", "/volume/v3/$(project_id)s"), ("volumev3", "cinderv3", "/volume/v3/$(project_id)s"))


def ensure(database: Database, conf: cfg.ConfigOpts, ids: Ids, clock: Clock, *, admin_password: str,
           public_url: str) -> None:
    """Make sure that the administrator can log in and finds every service. Safe to run any number of times."""
    keys.setup(conf.identity.fernet_key_dir)
    keys.setup(conf.identity.credential_key_dir)
    with database.read() as connection:
        password = None if _admin_id(connection) else NewPassword(
            hash_password(Threads(), admin_password, conf.identity.password_hash_rounds), None, False, 0)
    with database.write() as connection:
        now = clock.now()
        revocations.ensure_row(connection)
        record = revocations.recorder(connection, conf, now)
        if domains.find(connection, DEFAULT_DOMAIN_ID) is None:
            domains.create(connection, ids, now, {"name": "Default", "description": "The default domain"},
                           domain_id=DEFAULT_DOMAIN_ID)
        role_ids = _ensure_roles(connection, ids, now)
        project_id, user_id = _ensure_admin(connection, ids, now, password)
        for scope in (Scope("project", project_id), Scope("domain", DEFAULT_DOMAIN_ID), SYSTEM):
            assignments.give(connection, record, Actor("user", user_id), Target(scope), role_ids[ADMIN])
        _ensure_catalog(connection, ids, now, public_url.rstrip("/"))


def _admin_id(connection: sa.Connection) -> str | None:
    found = users.listed(connection, {"name": ADMIN, "domain_id": DEFAULT_DOMAIN_ID})
    return found[0].id if found else None


def _ensure_roles(connection: sa.Connection, ids: Ids, now: float) -> dict[str, str]:
    known = {role.name: role.id for role in roles.listed(connection, {})}
    for name in ROLES:
        if name not in known:
            known[name] = roles.create(connection, ids, now, {"name": name}).id
    table = tables.role_implication
    implied = {tuple(row) for row in connection.execute(sa.select(table))}
    for prior, after in itertools.pairwise(ROLE_CHAIN):
        if (known[prior], known[after]) not in implied:
            connection.execute(sa.insert(table).values(prior_role_id=known[prior], implied_role_id=known[after]))
    return known


def _ensure_admin(connection: sa.Connection, ids: Ids, now: float, password: NewPassword | None) -> tuple[str, str]:
    found = projects.listed(connection, {"name": ADMIN, "domain_id": DEFAULT_DOMAIN_ID})
    project = found[0] if found else projects.create(
        connection, ids, now, DEFAULT_DOMAIN_ID, {"name": ADMIN, "description": "The administrators' project"})
    user_id = _admin_id(connection)
    if user_id is None:
        user_id = users.create(connection, ids, now, DEFAULT_DOMAIN_ID,
                               {"name": ADMIN, "default_project_id": project.id}, password).id
    return project.id, user_id


def _ensure_catalog(connection: sa.Connection, ids: Ids, now: float, public_url: str) -> None:
    if not any(region.id == REGION for region in catalog.listed(connection, Region, {})):
        catalog.create(connection, ids, now, Region, {"id": REGION})
    known = {service.type: service.id for service in catalog.listed(connection, Service, {})}
    for kind, name, path in SERVICES:
        service_id = known.get(kind) or catalog.create(
            connection, ids, now, Service, {"type": kind, "name": name}).id
        _ensure_endpoints(connection, ids, now, service_id, public_url + path)


def _ensure_endpoints(connection: sa.Connection, ids: Ids, now: float, service_id: str, url: str) -> None:
    known = {endpoint.interface: endpoint for endpoint in catalog.listed(
        connection, Endpoint, {"service_id": service_id, "region_id": REGION})}
    for interface in INTERFACES:
        if interface not in known:
            catalog.create(connection, ids, now, Endpoint, {
                "service_id": service_id, "region_id": REGION, "interface": interface, "url": url})
        elif known[interface].url != url:
            catalog.update(connection, Endpoint, known[interface].id, {"url": url})
