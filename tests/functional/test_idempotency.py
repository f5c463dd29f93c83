"""Idempotency keys: whose they are, what is kept and for how long, and that a request is done once or not at all."""

import base64
import concurrent.futures
import contextlib
import threading
import unittest
from collections.abc import Callable, Iterator
from typing import Any

import sqlalchemy as sa

from cumulo.api.services import Services
from cumulo.api.wsgi.once import Once
from cumulo.common.db.engine import Database
from cumulo.common.db.tables.idempotency import idempotency_key
from cumulo.common.db.tables.network import network
from cumulo.common.idempotency import keys, store
from cumulo.image import stores, uploads
from tests.fixtures.api import PASSWORD, Api
from tests.fixtures.operations import Killed, MortalDatabase

NETWORKS = "/network/v2.0/networks"
KEYPAIRS = "/compute/v2.1/os-keypairs"
KEY = "0f0c8d5e-2b0b-4a53-9f1e-5f3a3b1c7d10"


def with_key(key: str = KEY, **more: str) -> dict[str, str]:
    """Return the header."""
    return {"Idempotency-Key": key, **more}


class KeyCase(unittest.TestCase):
    """A cloud with two users in projects of their own."""

    def setUp(self) -> None:
        self.api = Api()
        self.addCleanup(self.api.close)
        self.alice, self.bob = self.api.make_user("alice"), self.api.make_user("bob")

    def make(self, name: str = "one", key: str = KEY, token: str = "") -> Any:
        """Ask for a network."""
        return self.api.post(NETWORKS, {"network": {"name": name}}, token=token or self.alice, headers=with_key(key))

    def networks(self) -> int:
        """Return how many there are."""
        return self.count(network)

    def count(self, table: sa.Table) -> int:
        """Return how many rows a table has."""
        with self.api.database.read() as connection:
            return int(connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one())

    def rows(self) -> list[Any]:
        """Return what is kept."""
        with self.api.database.read() as connection:
            return list(connection.execute(sa.select(idempotency_key)).mappings())

    def age(self, seconds: float) -> None:
        """Let what is kept be so much older."""
        with self.api.database.write() as connection:
            connection.execute(sa.update(idempotency_key).values(
                created_at=idempotency_key.c.created_at - seconds, expires_at=idempotency_key.c.expires_at - seconds))


class ScopeTest(KeyCase):
    """Whose a key is, and which request it stands for."""

    def test_the_same_request_gets_the_same_answer(self) -> None:
        first, second = self.make(), self.make()
        self.assertEqual((201, 201), (first.status_int, second.status_int))
        self.assertEqual(first.body, second.body)
        self.assertEqual(first.headers["X-Openstack-Request-Id"], second.headers["X-Openstack-Request-Id"])
        self.assertEqual((None, "true"), tuple(each.headers.get("Idempotency-Replayed") for each in (first, second)))
        self.assertEqual(1, self.networks())

    def test_another_request_with_the_key_is_refused_in_the_form_of_its_api(self) -> None:
        self.make()
        other = self.make("two")
        self.assertEqual((409, "HTTPConflict"), (other.status_int, other.json["NeutronError"]["type"]))
        for method, path, body in (("POST", KEYPAIRS, {"keypair": {"name": "k"}}), ("POST", "/image/v2/images", {}),
                                   ("DELETE", f"{NETWORKS}/none", None), ("PUT", f"{NETWORKS}/none", {"network": {}}),
                                   ("POST", f"{NETWORKS}?x=1", {"network": {"name": "one"}}),
                                   ("POST", NETWORKS, b"no JSON")):
            with self.subTest(request=f"{method} {path}"):
                answer = self.api.request(method, path, body, token=self.alice, headers=with_key())
                self.assertEqual(409, answer.status_int, answer.text)
        self.assertEqual(1, self.networks())

    def test_a_microversion_is_part_of_the_request(self) -> None:
        def keypair(version: str) -> Any:
            return self.api.post(KEYPAIRS, {"keypair": {"name": "k"}}, token=self.alice,
                                 headers=with_key(**{"OpenStack-API-Version": f"compute {version}"}))
        self.assertEqual([201, 409, 201], [keypair(each).status_int for each in ("2.2", "2.10", "2.2")])

    def test_a_header_that_names_the_thing_is_part_of_the_request(self) -> None:
        tokens = [self.api.log_in("admin", PASSWORD, "admin") for _ in range(2)]
        answers = [self.api.delete("/identity/v3/auth/tokens", headers=with_key(**{"X-Subject-Token": each}))
                   for each in (*tokens, tokens[0])]
        self.assertEqual([204, 409, 204], [answer.status_int for answer in answers])

    def test_a_key_belongs_to_its_user_and_project(self) -> None:
        made = {self.make(token=token).json["network"]["id"] for token in (self.alice, self.bob, self.api.token())}
        self.assertEqual((3, 3), (len(made), self.networks()))

    def test_a_change_of_password_needs_no_token_and_is_done_once(self) -> None:
        user_id = self.api.get("/identity/v3/users?name=alice").json["users"][0]["id"]

        def change(new: str) -> int:
            body = {"user": {"original_password": PASSWORD, "password": new}}
            return int(self.api.post(f"/identity/v3/users/{user_id}/password", body, token=None,
                                     headers=with_key()).status_int)
        self.assertEqual([204, 204, 409], [change("better"), change("better"), change("best")])

    def test_what_a_key_may_be(self) -> None:
        for key, status in (("", 400), ("a b", 400), ("\xe4", 400), ("x" * 256, 400), ("\t", 400), ("x" * 255, 201),
                            ("!", 201), ('"quoted"', 201)):
            with self.subTest(key=key[:10]):
                self.assertEqual(status, self.make(key, key).status_int)

    def test_reading_takes_no_key(self) -> None:
        for _ in range(2):
            self.assertEqual(200, self.api.get(NETWORKS, headers=with_key("not a key at all")).status_int)
        self.assertEqual([], self.rows())


class KeptTest(KeyCase):
    """What is kept, in which form, for how long."""

    def test_a_refusal_is_not_kept_and_nothing_is_changed(self) -> None:
        refused = self.api.post(NETWORKS, {"networks": [{"name": "one"}, {"name": "two", "shared": True}]},
                                token=self.alice, headers=with_key())
        self.assertEqual((403, 0), (refused.status_int, self.networks()))
        self.assertEqual([], self.rows())
        self.assertEqual(201, self.make().status_int)

    def test_a_failure_is_not_kept(self) -> None:
        broken = Broken(self.api.services)
        self.api.services.ids = broken  # type: ignore[assignment]
        self.assertEqual(500, self.make().status_int)
        self.assertEqual((0, []), (self.networks(), self.rows()))
        broken.fails = False
        self.assertEqual(201, self.make().status_int)

    def test_an_action_that_writes_nothing_is_kept_too(self) -> None:
        made = self.make().json["network"]
        path, body = f"{NETWORKS}/{made['id']}", {"network": {"name": "two"}}
        answers = [self.api.put(path, body, token=self.alice, headers=with_key("other")) for _ in range(2)]
        self.assertEqual(answers[0].body, answers[1].body)

    def test_a_key_is_free_after_a_day(self) -> None:
        first = self.make()
        self.age(store.KEEP_S - 60)
        self.assertEqual(first.body, self.make().body)
        self.age(61)
        again = self.make("two")
        self.assertEqual((201, "two"), (again.status_int, again.json["network"]["name"]))
        self.assertEqual((2, 1), (self.networks(), len(self.rows())))

    def test_what_has_expired_is_removed_the_oldest_first(self) -> None:
        for number in range(5):
            self.make(key=f"old-{number}")
        self.age(store.KEEP_S + 1)
        self.make(key="young")
        swept = []
        for _ in range(3):
            with self.api.database.write() as connection:
                swept.append(store.sweep(connection, self.api.database.now(connection), 3))
        self.assertEqual(([3, 2, 0], 1), (swept, len(self.rows())))
        self.assertEqual("true", self.make(key="young").headers["Idempotency-Replayed"])

    def test_neither_key_nor_answer_can_be_read_in_the_database(self) -> None:
        body = {"keypair": {"name": "mine"}}
        answers = [self.api.post(KEYPAIRS, body, token=self.alice, headers=with_key()).json for _ in range(2)]
        self.assertEqual(answers[0], answers[1])
        secret = answers[0]["keypair"]["private_key"]
        self.assertIn("PRIVATE KEY", secret)
        (row,) = self.rows()
        for value in row.values():
            text = value if isinstance(value, bytes) else str(value).encode()
            for each in (secret.encode(), KEY.encode(), base64.b64encode(secret.encode())[:40], b"keypair"):
                self.assertNotIn(each, text)

    def test_no_token_is_ever_kept(self) -> None:
        body = {"auth": {"identity": {"methods": ["password"], "password": {"user": {
            "name": "alice", "domain": {"id": "default"}, "password": PASSWORD}}}}}
        tokens = [self.api.post("/identity/v3/auth/tokens", body, token=None, headers=with_key()) for _ in range(2)]
        self.assertEqual([201, 201], [each.status_int for each in tokens])
        self.assertNotEqual(*(each.headers["X-Subject-Token"] for each in tokens))
        self.assertEqual([], self.rows())


class Broken:
    """Makes ids, except while it fails."""

    fails = True

    def __init__(self, services: Services) -> None:
        self._ids = services.ids

    def __getattr__(self, name: str) -> Any:
        return getattr(self._ids, name)

    def new_id(self) -> str:
        """Fail, or return one."""
        if self.fails:
            raise RuntimeError("no more ids")
        return self._ids.new_id()


class Meeting:
    """A database whose first writers wait for one another, so that each has looked before any has written."""

    def __init__(self, database: Database, count: int) -> None:
        self._database = database
        self._barrier = threading.Barrier(count, timeout=30)
        self._met = threading.local()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._database, name)

    @contextlib.contextmanager
    def write(self) -> Iterator[sa.Connection]:
        """Give a transaction, once all have come to ask for one."""
        if not getattr(self._met, "once", False):
            self._met.once = True
            self._barrier.wait()
        with self._database.write() as connection:
            yield connection


class TwinsTest(KeyCase):
    """The same request, several times at once."""

    def at_once(self, *requests: Callable[[], Any]) -> list[Any]:
        """Send requests that all look before any writes; return the answers."""
        self.api.services.database = Meeting(self.api.database, len(requests))  # type: ignore[assignment]
        with concurrent.futures.ThreadPoolExecutor(len(requests)) as pool:
            return [each.result() for each in [pool.submit(request) for request in requests]]

    def test_twins_get_one_answer(self) -> None:
        answers = self.at_once(*[self.make] * 4)
        self.assertEqual({(201, answers[0].body)}, {(each.status_int, each.body) for each in answers})
        self.assertEqual(3, sum("Idempotency-Replayed" in each.headers for each in answers))
        self.assertEqual(1, self.networks())

    def test_twins_that_differ_are_a_conflict(self) -> None:
        answers = self.at_once(lambda: self.make("one"), lambda: self.make("two"))
        self.assertEqual([201, 409], sorted(each.status_int for each in answers))
        self.assertEqual(1, self.networks())

    def test_twins_of_a_deletion_are_both_answered_as_done(self) -> None:
        path = f"{NETWORKS}/{self.make().json['network']['id']}"
        answers = self.at_once(*[lambda: self.api.delete(path, token=self.alice, headers=with_key("gone"))] * 2)
        self.assertEqual([204, 204], [each.status_int for each in answers])

    def test_a_twin_that_is_refused_because_it_was_done_is_answered_as_done(self) -> None:
        """The second reads, outside any transaction, what the first has changed meanwhile."""
        user_id = self.api.get("/identity/v3/users?name=alice").json["users"][0]["id"]
        body = {"user": {"original_password": PASSWORD, "password": "better"}}

        def change() -> Any:
            return self.api.post(f"/identity/v3/users/{user_id}/password", body, token=None, headers=with_key())
        late = Late(self.api.database, change)
        self.api.services.database = late  # type: ignore[assignment]
        self.assertEqual(204, change().status_int)
        self.assertEqual([204], [each.status_int for each in late.answers])

    def test_a_twin_waits_so_long_and_no_longer(self) -> None:
        if self.api.database.dialect == "sqlite":
            self.skipTest("SQLite has one writer at a time anyhow: tests/real runs this on the others")
        self.addCleanup(setattr, store, "LONGEST_WAIT_S", store.LONGEST_WAIT_S)
        store.LONGEST_WAIT_S = 1
        first = Once(self.api.services, self.asked())
        with self.assertRaises(RuntimeError), first.database.whole():
            first.database.connection()
            answer = self.make()
            self.assertEqual((409, "1"), (answer.status_int, answer.headers.get("Retry-After")))
            raise RuntimeError("the first is given up")
        self.assertEqual((201, 1), (self.make().status_int, self.networks()))

    def asked(self) -> keys.Asked:
        """Return what make() asks, as far as its key goes."""
        context = self.api.services.tokens.validate(self.alice)
        return keys.asked(KEY, keys.scope_of(context, NETWORKS), ["another request"])


class Late:
    """A database that lets a twin be done entirely, after the first look of a request and before its next."""

    def __init__(self, database: Database, twin: Callable[[], Any]) -> None:
        self._database, self._twin = database, twin
        self._reads = 0
        self.answers: list[Any] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._database, name)

    @contextlib.contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """Give a connection; the second time after the twin."""
        self._reads += 1
        if self._reads == 2:
            self.answers.append(self._twin())
        with self._database.read() as connection:
            yield connection


class KillTest(KeyCase):
    """The process is killed around the commit; the client tries again."""

    def mortal(self, **when: int) -> MortalDatabase:
        """Let the API's next commits be deadly."""
        url = self.api.database.engine.url.render_as_string(hide_password=False)
        database = MortalDatabase(url, self.api.runtime.clock)
        self.addCleanup(database.close)
        for name, number in when.items():
            setattr(database, name, number)
        self.api.services.database = database
        return database

    def test_a_request_is_one_commit(self) -> None:
        database = self.mortal()
        self.make()
        self.assertEqual(1, database.writes)
        self.make()
        self.assertEqual(1, database.writes)

    def test_killed_before_the_commit(self) -> None:
        self.mortal(kill_before=1)
        with self.assertRaises(Killed):
            self.make()
        self.assertEqual((0, []), (self.networks(), self.rows()))
        answer = self.make()
        self.assertEqual((201, None), (answer.status_int, answer.headers.get("Idempotency-Replayed")))
        self.assertEqual(1, self.networks())

    def test_killed_after_the_commit(self) -> None:
        self.mortal(kill_after=1)
        with self.assertRaises(Killed):
            self.make()
        self.assertEqual((1, 1), (self.networks(), len(self.rows())))
        answer = self.make()
        self.assertEqual((201, "true"), (answer.status_int, answer.headers.get("Idempotency-Replayed")))
        self.assertEqual(1, self.networks())

    def test_killed_at_any_commit_of_an_upload(self) -> None:
        """The lease of the upload runs out, the client sends it again: the data is there once."""
        for when in ("kill_before", "kill_after"):
            for number in (1, 2):
                with self.subTest(when=when, commit=number):
                    self.upload_killed({when: number}, f"{when}-{number}")

    def upload_killed(self, when: dict[str, int], key: str) -> None:
        """Upload, be killed, clear up as the service does, upload again."""
        image = self.api.post("/image/v2/images", {"disk_format": "raw", "container_format": "bare"}).json["id"]

        def send() -> Any:
            return self.api.put(f"/image/v2/images/{image}/file", b"data" * 100, headers=with_key(
                key, **{"Content-Type": "application/octet-stream"}))
        self.mortal(**when)
        with self.assertRaises(Killed):
            send()
        self.mortal()
        kept = stores.make(self.api.conf)
        uploads.sweep(self.api.database, kept, self.api.runtime.clock.now() + 2 * uploads.LEASE_S)
        self.assertEqual([204, 204], [send().status_int for _ in range(2)])
        shown = self.api.get(f"/image/v2/images/{image}").json
        self.assertEqual(("active", 400), (shown["status"], shown["size"]))
        self.assertEqual(b"data" * 100, self.api.get(f"/image/v2/images/{image}/file").body)
