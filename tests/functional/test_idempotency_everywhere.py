"""Every changing route of every API, sent twice with one Idempotency-Key: one effect, one answer.

The stories of the APIs' own functional tests are told again by a client that sends everything twice
(tests/fixtures/twice.py). So whatever they check, of answers, lists, counts, quotas and bells, they
check of requests that were repeated, and a new route is covered by its first story.
"""

import re
import unittest
from types import ModuleType
from typing import Any

from cumulo.api import families
from tests.fixtures.twice import CHANGING, NOT_KEPT, Twice
from tests.functional import (
    test_backup_api,
    test_compute_aggregates,
    test_compute_api,
    test_compute_images,
    test_compute_migrations,
    test_compute_proxies,
    test_compute_quotas,
    test_compute_security_groups,
    test_compute_server_groups,
    test_compute_versions,
    test_identity_api,
    test_identity_cloud_api,
    test_identity_oauth_api,
    test_identity_people_api,
    test_identity_proofs_api,
    test_image_api,
    test_image_cache_api,
    test_image_import_api,
    test_image_metadefs_api,
    test_network_api,
    test_network_binding_api,
    test_network_dns_api,
    test_network_flavor_api,
    test_network_metering_api,
    test_network_router_api,
    test_network_scheduling_api,
    test_network_scope_api,
    test_network_security_api,
    test_network_segments_api,
    test_network_sharing_api,
    test_network_topology_api,
    test_network_trunk_api,
    test_volume_api,
    test_volume_attachments_api,
    test_volume_choices_api,
    test_volume_groups_api,
    test_volume_snapshots_api,
    test_volume_transfers_api,
)

NETWORK_STORIES: tuple[ModuleType, ...] = (test_network_api, test_network_security_api, test_network_router_api,
                                            test_network_sharing_api, test_network_trunk_api, test_network_scope_api,
                                            test_network_metering_api, test_network_binding_api,
                                            test_network_dns_api, test_network_topology_api, test_network_scheduling_api,
                                            test_network_flavor_api, test_network_segments_api)
STORIES: tuple[tuple[str, ModuleType, str], ...] = (
    ("compute", test_compute_api, "api"), ("compute", test_compute_versions, "api"),
    ("compute", test_compute_quotas, "api"), ("compute", test_compute_images, "api"),
    ("compute", test_compute_migrations, "api"),
    ("compute", test_compute_proxies, "api"), ("compute", test_compute_aggregates, "api"), ("compute", test_compute_security_groups, "api"), ("compute", test_compute_server_groups, "api"),
    ("identity", test_identity_api, "cloud"),
    ("identity", test_identity_cloud_api, "cloud"), ("identity", test_identity_oauth_api, "cloud"),
    ("identity", test_identity_people_api, "cloud"), ("identity", test_identity_proofs_api, "cloud"),
    ("image", test_image_api, "api"), ("image", test_image_cache_api, "api"), ("image", test_image_import_api, "api"),
    ("image", test_image_metadefs_api, "api"),
    ("volume", test_volume_api, "api"), ("volume", test_volume_snapshots_api, "api"),
    ("volume", test_backup_api, "api"),
    ("volume", test_volume_attachments_api, "api"), ("volume", test_volume_transfers_api, "api"),
    ("volume", test_volume_choices_api, "api"), ("volume", test_volume_groups_api, "api"),
    *(("network", module, "") for module in NETWORK_STORIES))


def told_twice(case: type[unittest.TestCase], holder: str, clients: list[Twice]) -> type[unittest.TestCase]:
    """Return a class of stories whose application gets every changing request twice."""

    class Told(case):  # type: ignore[misc,valid-type]
        def setUp(self) -> None:
            super().setUp()
            held: Any = getattr(self, holder) if holder else self
            held.application = Twice(held.application)
            clients.append(held.application)

    Told.__qualname__ = Told.__name__ = f"{case.__name__}ToldTwice"
    return Told


def stories(module: ModuleType) -> list[type[unittest.TestCase]]:
    """Return the classes with tests that a module defines."""
    return [each for each in vars(module).values() if isinstance(each, type) and issubclass(each, unittest.TestCase)
            and each.__module__ == module.__name__ and unittest.defaultTestLoader.getTestCaseNames(each)]


class EverywhereTest(unittest.TestCase):
    """The whole route table."""

    def test_every_changing_route_is_done_once(self) -> None:
        done: set[tuple[str, str]] = set()
        mounts = tuple(f"/{family.name}/" for family, _ in families.apis())
        for name, module, holder in STORIES:
            for case in stories(module):
                with self.subTest(stories=f"{name} {case.__name__}"):
                    done |= {(method, path if path.startswith(mounts) else f"/{name}{path}")
                             for method, path in self.tell(case, holder)}
        self.assertEqual([], [route for route in self.changing_routes() if not self.is_among(route, done)],
                         "No functional story does these with success: tell one in tests/functional/test_<api>_api.py")

    def tell(self, case: type[unittest.TestCase], holder: str) -> list[tuple[str, str]]:
        """Run the stories of a class; return what was done."""
        clients: list[Twice] = []
        result = unittest.TestResult()
        unittest.defaultTestLoader.loadTestsFromTestCase(told_twice(case, holder, clients)).run(result)
        self.assertEqual([], [text for _, text in result.failures + result.errors])
        self.assertEqual([], [each for client in clients for each in client.wrong])
        return [each for client in clients for each in client.done]

    def changing_routes(self) -> list[tuple[str, str]]:
        """Return the method and path pattern of every route whose answer is kept."""
        return [(route.method, f"/{family.name}{route.path}") for family, routes in families.apis() for route in routes
                if route.method in CHANGING and not any(
                    route.method == method and route.path.endswith(path) for method, path in NOT_KEPT)]

    def is_among(self, route: tuple[str, str], done: set[tuple[str, str]]) -> bool:
        """Say whether one of the requests went to the route."""
        pattern = re.compile(re.sub(r"\{\w+\}", "[^/]+", route[1]))
        # The compute API is the same below /v2 as below /v2.1.
        return any(method == route[0] and pattern.fullmatch(other) for method, path in done
                   for other in (path, path.replace("/compute/v2.1/", "/compute/v2/")))
