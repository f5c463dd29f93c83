"""Long operations on the route of our own."""

from typing import Any

import sqlalchemy as sa

from cumulo.common.db.tables.operations import operation
from tests.functional.test_compute_api import SERVERS, V, ComputeCase

ALL = f"{V}/cumulo/operations"


class Operations(ComputeCase):
    """/cumulo/operations."""

    def setUp(self) -> None:
        super().setUp()
        self.built = self.boot()
        self.server = self.built.json["server"]["id"]
        self.request_id = self.built.headers["X-Compute-Request-Id"]

    def shown(self, **values: Any) -> Any:
        """Return the operation as alice sees it when its row holds these values."""
        with self.api.database.write() as connection:
            connection.execute(sa.update(operation).values(values or {"tries": 0}))
        return self.api.get(f"{ALL}/{self.request_id}", token=self.alice).json["operation"]

    def test_found_by_either_id(self) -> None:
        by_request = self.shown()
        self.assertEqual(by_request, self.api.get(f"{ALL}/{by_request['id']}", token=self.alice).json["operation"])
        self.assertEqual(("create", "server", self.server, "doing", 0), tuple(
            by_request[name] for name in ("action", "resource_type", "resource_id", "phase", "percent")))
        for query, count in (("", 1), (f"?resource_id={self.server}", 1), (f"?request_id={self.request_id}", 1),
                             ("?resource_id=none", 0)):
            self.assertEqual(count, len(self.api.get(f"{ALL}{query}", token=self.alice).json["operations"]), query)

    def test_sentences(self) -> None:
        for values, sentence in (
            ({"cursor": 0}, "Doing step 1 of 7: claim."), ({"cursor": 1, "tries": 3}, "Doing step 2 of 7: plug ports, tried 3 times."),
            ({"cursor": 2, "tries": 0, "phase": "undoing"}, "Taking back step 3 of 7: order volumes."),
            ({"phase": "stuck"}, "It cannot go on by itself at step 3 of 7: order volumes. Ask for the deletion, or tell the administrator."),
            ({"phase": "undone"}, "It failed, and what it had begun was taken back."), ({"phase": "done"}, "Done.")):
            self.assertEqual(sentence, self.shown(**values)["message"])

    def test_strangers_and_missing(self) -> None:
        bob = self.api.make_user("bob")
        for asked in (self.request_id, "none", "x" * 300):
            self.assertEqual(404, self.api.get(f"{ALL}/{asked}", token=bob).status_int)
        self.assertEqual([], self.api.get(ALL, token=bob).json["operations"])
        self.assertNotIn("error", self.shown())
        self.assertIn("error", self.api.get(f"{ALL}/{self.request_id}").json["operation"])

    def test_standard_answers_do_not_name_it(self) -> None:
        self.assertNotIn("cumulo", self.api.get(f"{SERVERS}/{self.server}", token=self.alice).text)
