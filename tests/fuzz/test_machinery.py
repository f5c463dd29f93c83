"""The fuzzer can fail: planted faults are found, right bodies are right, a seed repeats itself."""

import random
import time
import unittest
from typing import Any

import jsonschema_rs
import sqlalchemy as sa

from cumulo.api import families
from cumulo.api.deploy import Mounts
from cumulo.api.wsgi import openapi
from cumulo.api.wsgi.app import Application
from cumulo.api.wsgi.route import Family, Reply, Request, Route
from cumulo.common import errors
from cumulo.common.db.tables.compute import flavor_access
from tests.fuzz import verdict
from tests.fuzz.cloud import Cloud
from tests.fuzz.generate import Generator
from tests.fuzz.maker import Maker
from tests.fuzz.operations import Surface
from tests.fuzz.pool import Pool
from tests.fuzz.shapes import Raw, Shape, encode


class GeneratorTest(unittest.TestCase):
    """What is made of the document alone."""

    def setUp(self) -> None:
        self.surface = Surface(openapi.document(families.apis()))

    def test_right_bodies_are_right(self) -> None:
        """Every schema of every route can be filled in, with and without ids to fill it with."""
        pool = Pool()
        for kind in ("server", "image", "network", "subnet", "port", "project", "domain", "user", "role", "region",
                     "service"):
            pool.add(kind, f"00000000-0000-4000-8000-{kind:0>12}".replace("v", "a"))
        for known in (Pool(), pool):
            generator = Generator(random.Random(1), known)
            for operation in self.surface.operations:
                for since, schema in operation.bodies:
                    validator = jsonschema_rs.validator_for(schema, validate_formats=True)
                    for _ in range(50):
                        body = generator.value(schema)
                        with self.subTest(operation=operation.name, since=since, body=str(body)[:200]):
                            self.assertTrue(validator.is_valid(body))

    def test_a_seed_repeats_itself(self) -> None:
        first, second, other = (self._sent(seed) for seed in (7, 7, 8))
        self.assertEqual(first, second)
        self.assertNotEqual(first, other)

    def _sent(self, seed: int) -> list[str]:
        maker = Maker(seed, self.surface.operations, Pool())
        return [str(maker.next()) for _ in range(300)]

    def test_raw_pieces_stand_in_a_body_as_they_are(self) -> None:
        self.assertEqual(b'{"a":NaN,"b":[18446744073709551616,"x"]}', encode({"a": Raw(b"NaN"), "b": [2**64, "x"]}))


def _commits_and_refuses(request: Request) -> None:
    _insert(request)
    raise errors.Conflict("No.")


def _refuses_inside(request: Request) -> None:
    with request.services.database.write() as connection:
        connection.execute(sa.insert(flavor_access).values(flavor_id="planted", project_id="b"))
        raise errors.Conflict("No.")


def _insert(request: Request) -> None:
    with request.services.database.write() as connection:
        connection.execute(sa.delete(flavor_access).where(flavor_access.c.flavor_id == "planted"))
        connection.execute(sa.insert(flavor_access).values(flavor_id="planted", project_id="a"))


def _writes_too_much(request: Request) -> None:
    with request.services.database.write() as connection:
        connection.execute(sa.insert(flavor_access).values(flavor_id="x" * 256, project_id="a"))


def _breaks(request: Request) -> None:
    raise KeyError("planted")


def _tells(request: Request) -> None:
    raise errors.BadRequest("(sqlite3.OperationalError) no such column [SQL: SELECT x FROM y]")


def _computes(request: Request) -> None:
    end = time.process_time() + verdict.MOST_CPU_S
    while time.process_time() < end:
        pass


def _other_status(request: Request) -> Reply:
    return Reply({}, status=203)


def _no_json(request: Request) -> Reply:
    return Reply(b"{", content_type="application/json")


def _odd_header(request: Request) -> Reply:
    return Reply({}, headers={"X-Name": "a\u00e9"})


def _well(request: Request) -> dict[str, Any]:
    return {}


PLANTED = (("POST", _commits_and_refuses, "yet it committed"), ("GET", _insert, "a read committed"),
           ("GET", _breaks, "500"),
           ("POST", _writes_too_much, "TooBig"),
           ("GET", _tells, "its inside"), ("GET", _computes, "took"), ("GET", _other_status, "not among"),
           ("GET", _no_json, "no JSON"), ("GET", _odd_header, "no header"), ("GET", _well, ""), ("POST", _insert, ""),
           ("POST", _refuses_inside, ""))


class PlantedTest(unittest.TestCase):
    """An API with one fault a route."""

    def test_each_fault_is_found(self) -> None:
        cloud = Cloud()
        self.addCleanup(cloud.close)
        family = Family("compute")
        routes = [Route(method, f"/{number}", handler, policy=None) for number,
                  (method, handler, _) in enumerate(PLANTED)]
        cloud.api.application = Mounts({"/compute": Application(family, routes, cloud.api.services)})
        surface = Surface(openapi.document([(family, routes)]))
        for operation, (method, handler, expected) in zip(surface.operations, PLANTED, strict=True):
            with self.subTest(handler=handler.__name__, method=method):
                shape = Shape(operation, method, operation.path.encode(), "", {}, "nobody")
                found = verdict.complaints(surface, shape, cloud.send(shape))
                if expected:
                    self.assertIn(expected, " ".join(found))
                else:
                    self.assertEqual([], found)
