"""Asking hosts: whoever gives no answer, or none that can be read, is named and not judged."""

import dataclasses
import unittest
from typing import Any

from cumulo.common import config, errors
from cumulo.common.clock import Clock
from cumulo.common.ids import Ids
from cumulo.common.runtime import Runtime
from cumulo.common.threads import Threads
from cumulo.scheduler.audit import options
from cumulo.scheduler.audit.gather import ask, changed, targets
from tests.fixtures import audit as cloud


class ScriptedBus:
    """Answers by target; an error is raised."""

    def __init__(self, answers: dict[str, Any]) -> None:
        self.answers = answers

    def call(self, target: str, method: str, arguments: dict[str, Any], *, timeout_s: float) -> Any:
        """Stand in for Bus.call."""
        answer = self.answers[target]
        if isinstance(answer, Exception):
            raise answer
        return answer


class AskTest(unittest.TestCase):
    """ask"""

    def ask(self, **answers: Any) -> tuple[dict[str, Any], list[dict[str, str]]]:
        """Ask those who have a scripted answer."""
        conf = config.load([], registrations=(options,))
        conf.set_override("agents_at_once", 2, group="audit")
        by_target = {name.replace("_", "."): answer for name, answer in answers.items()}
        bus: Any = ScriptedBus(by_target)
        return ask(Runtime(conf, Clock(), Threads(), Ids(), bus, "h"), list(by_target))

    def test_those_who_do_not_answer_are_named(self) -> None:
        said, unheard = self.ask(
            compute_h1=cloud.COMPUTE.to_dict(), compute_h2=errors.DeadlineExceeded("No answer in time."),
            compute_h3=errors.NotFound("compute.h3 has no method holdings."), network_h1={"bridges": 7},
            network_h2=None, image={"stores": {"file": cloud.STORE.to_dict()}})
        self.assertEqual({"compute.h1", "image"}, set(said))
        self.assertEqual(["compute.h2", "compute.h3", "network.h1", "network.h2"], [each["target"] for each in unheard])
        self.assertEqual("No answer in time.", unheard[0]["reason"])
        self.assertIn("cannot be read", unheard[2]["reason"])

    def test_nobody_to_ask(self) -> None:
        self.assertEqual(({}, []), self.ask())

    def test_every_host_that_was_ever_heard_is_asked(self) -> None:
        self.assertEqual(["compute.h1", "compute.h2", "network.h1", "network.h2", "image"], targets(cloud.DATABASE))


class ChangedTest(unittest.TestCase):
    """changed"""

    def test_servers_that_came_went_or_changed(self) -> None:
        def rows(*servers: Any) -> Any:
            return dataclasses.replace(cloud.DATABASE, servers=servers)

        touched = dataclasses.replace(cloud.SERVER, updated_at=cloud.NOW)
        deleted = dataclasses.replace(cloud.SERVER, deleted_at=cloud.NOW)
        self.assertEqual(frozenset(), changed(rows(cloud.SERVER), rows(cloud.SERVER)))
        for before, after in ((rows(cloud.SERVER), rows(touched)), (rows(), rows(cloud.SERVER)),
                              (rows(cloud.SERVER), rows(deleted)), (rows(cloud.SERVER), rows())):
            self.assertEqual(frozenset({cloud.SERVER_ID}), changed(before, after))


if __name__ == "__main__":
    unittest.main()
