"""Every story of the identity API, told again under watch (tests/fixtures/watched.py).

Processes remember what a token says and shows until they are told of a change. So after every change of
every story, a process that has known the story's tokens for long must show what a process shows that has
never seen them: a new route that changes what tokens say is covered by its first story, and fails here if
it tells nobody. And of all that was logged meanwhile, no line holds a password, a token or a key.
"""

import logging
import unittest
from typing import Any

from tests.fixtures.watched import Watched
from tests.functional.test_idempotency_everywhere import STORIES, stories


class Lines(logging.Handler):
    """Keeps every line that is logged, with its trace."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.setFormatter(logging.Formatter("%(levelname)s %(name)s %(message)s"))
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep one line."""
        self.lines.append(self.format(record))


def watched(case: type[unittest.TestCase], clients: list[Watched]) -> type[unittest.TestCase]:
    """Return a class of stories whose application is watched from the first request on."""

    class Told(case):  # type: ignore[misc,valid-type]
        def setUp(self) -> None:
            super().setUp()
            held: Any = self.cloud
            held.application = Watched(held)
            clients.append(held.application)

    Told.__qualname__ = Told.__name__ = f"{case.__name__}Watched"
    return Told


class WatchedTest(unittest.TestCase):
    """All of identity's stories."""

    def setUp(self) -> None:
        self.log, root = Lines(), logging.getLogger()
        self.addCleanup(root.setLevel, root.level)
        self.addCleanup(root.removeHandler, self.log)
        root.addHandler(self.log)
        root.setLevel(logging.DEBUG)

    def test_every_story(self) -> None:
        clients: list[Watched] = []
        for name, module, _ in STORIES:
            for case in stories(module) if name == "identity" else ():
                with self.subTest(stories=case.__name__):
                    self.tell(case, clients)
        secrets = set().union(*(each.secrets for each in clients))
        text = "\n".join(self.log.lines)
        self.assertGreater(sum(each.checked for each in clients), 300)
        self.assertGreater(len(secrets), 100)
        self.assertGreater(text.count(" request "), 500)
        self.assertEqual([], [line for line in self.log.lines if any(secret in line for secret in secrets)])

    def tell(self, case: type[unittest.TestCase], clients: list[Watched]) -> None:
        """Run the stories of a class."""
        before = len(clients)
        result = unittest.TestResult()
        unittest.defaultTestLoader.loadTestsFromTestCase(watched(case, clients)).run(result)
        self.assertEqual([], [text for _, text in result.failures + result.errors])
        self.assertEqual([], [wrong for each in clients[before:] for wrong in each.wrong])
