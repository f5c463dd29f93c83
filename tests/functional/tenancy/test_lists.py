"""Lists, counts and limits: a stranger's are the same whether the owner has anything or not, under every filter."""

import itertools
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa

from cumulo.api.wsgi.route import Route
from cumulo.common.db.tables.base import metadata
from tests.fixtures.bodies import HOST
from tests.fixtures.personas import MARKER, Persona
from tests.fixtures.routes import all_routes, variables
from tests.functional.tenancy.case import TenancyCase

STRANGERS = ("other member", "other domain manager")
# Identity's own tables stay: without its project and users there would be no stranger's question to answer.
_KEPT = ("identity_", "compute_host", "service_status", "network_revision", "network_change")
_WORDS = ("limit=1", "limit=0", "sort_key=name&sort_dir=asc", "sort_key=created_at", "sort=name:desc", "all_tenants=1",
          "all_projects=true", "visibility=all", "visibility=shared", "visibility=community", "visibility=private",
          "member_status=all", "member_status=all&visibility=shared", "deleted=true", "status=DELETED", "status=ACTIVE",
          "changes-since=2001-01-01T00:00:00Z", "is_public=none", "is_public=false", "minRam=1", "reverse=true",
          "effective", "include_names=true&effective", "scope.system=all", "shared=false", "shared=true",
          "router:external=false", "os_hidden=true", "protected=false", "fields=id", "name=.", "name=", "ip=.", "ip6=.",
          "domain_id=None", "project_id=None", "tenant_id=None", "scope.domain.id=None", "user_id=None", "owner=None",
          "page_reverse=true&limit=1", "with_count=true", "with_count=true&all_tenants=1", "usage=true")


class ListsTest(TenancyCase):
    """Every route that names nothing of the owner's in its path."""

    def queries(self) -> list[str]:
        """Return queries that reach for what the owner has, and all that widen a list."""
        owned = self.cloud.owned
        by_value = {
            owned["server_id"]: ("uuid", "device_id", "marker", "id", "name"),
            owned["image_id"]: ("image", "image_ref", "id", "marker"),
            owned["flavor_id"]: ("flavor", "flavor_ref", "marker"),
            owned["network_id"]: ("network_id", "id", "marker"), owned["subnet_id"]: ("id", "marker"),
            f"subnet_id%3D{owned['subnet_id']}": ("fixed_ips",), owned["port_id"]: ("id", "marker"),
            owned["project_id"]: ("project_id", "tenant_id", "owner", "scope.project.id", "id",
                                  "all_tenants=1&project_id", "parent_id"),
            owned["volume_id"]: ("id", "marker", "source_volid"), owned["backup_id"]: ("id", "marker"), owned["type_id"]: ("volume_type", "volume_type_id"),
            owned["user_id"]: ("user_id", "user.id", "id"),
            owned["domain_id"]: ("domain_id", "scope.domain.id", "parent_id", "id"),
            MARKER: ("name", "description", "tag", "tags", "tags-any", "name__contains", "key_name", "hostname"),
            f"{MARKER}.*": ("name",), f"tag-{MARKER}": ("tag", "tags", "tags-any", "not-tags", "not-tags-any"),
            MARKER + "%26": (f"key-{MARKER}",), HOST: ("host",), "10.66": ("ip", "ip_address_substr"),
        }
        pairs = itertools.chain.from_iterable(((name, value) for name in names) for value, names in by_value.items())
        return ["", *_WORDS, *(f"{name}={value}" for name, value in pairs)]

    def questions(self) -> Iterator[tuple[Persona, str, Route, str]]:
        """Yield every list for every stranger under every query; the older mount of compute once, without one."""
        queries = self.queries()
        for family, route in all_routes():
            if route.method != "GET" or variables(route) or route.policy is None:
                continue
            for name in STRANGERS:
                persona = self.cloud.personas[name]
                if self.may_begin(route, persona):
                    for query in queries[:1] if route.path.startswith("/v2/") and family == "compute" else queries:
                        yield persona, family, route, f"?{query}" if query else ""

    def answers(self) -> dict[tuple[str, str, str], tuple[int, str]]:
        """Return what every question is answered."""
        found: dict[tuple[str, str, str], tuple[int, str]] = {}
        for persona, family, route, query in self.questions():
            where = (persona.name, f"{family}{route.path}", query)
            answer = self.send(persona, family, route, None, {}, query)
            with self.subTest(persona=persona.name, route=where[1], query=query):
                self.assertLess(answer.status_int, 500, answer.text)
                self.shows_nothing(answer, query, str(where))
                self.count("lists under a query")
            found[where] = (answer.status_int, answer.text)
        return found

    def remove_owners_rows(self) -> int:
        """Delete every row in which something of the owner's is named; return how many there were.

        What the cloud made for it has ids of its own: a row that names a row that goes, goes too.
        """
        named, going = list(self.secrets), []
        with self.cloud.api.database.write() as connection:
            for table in metadata.sorted_tables:
                if table.name.startswith(_KEPT):
                    continue
                for row in connection.execute(sa.select(table)).mappings().all():
                    if any(secret in str(dict(row)) for secret in named):
                        named += [row["id"]] if isinstance(row.get("id"), str) else []
                        key: list[Any] = [column == row[column.name] for column in table.primary_key]
                        going.append(sa.delete(table).where(*key))
            return sum(connection.execute(each).rowcount for each in reversed(going))

    def test_a_strangers_lists_are_the_same_without_the_owner(self) -> None:
        with_owner = self.answers()
        self.assertGreater(self.remove_owners_rows(), 15)
        self.addCleanup(self.cloud.put_back)
        without = self.answers()
        self.assertEqual(with_owner.keys(), without.keys())
        for where, answer in with_owner.items():
            with self.subTest(where=where):
                self.assertEqual(without[where], answer)
