"""Questions from the `cumulo` command to the embedded cloud, over a unix socket only its owner may use.

One question a connection: a name and a line end; the answer is JSON up to the end of the stream.
"""

import json
import pathlib
import socket
from collections.abc import Callable, Mapping
from typing import Any

from cumulo.cloud.refusal import Refusal
from cumulo.common import log
from cumulo.common.threads import Threads

LOG = log.get(__name__)
Answers = Mapping[str, Callable[[], Any]]


class Control:
    """The listening end."""

    def __init__(self, path: pathlib.Path, answers: Answers, threads: Threads) -> None:
        path.unlink(missing_ok=True)
        self._path = path
        self._answers = answers
        self._threads = threads
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listener.bind(str(path))
        path.chmod(0o600)
        self._listener.listen(8)
        self._stopped = False

    def serve(self) -> None:
        """Answer until stopped."""
        while not self._stopped:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return  # closed by stop()
            self._threads.spawn(self._answer, connection, name="control")

    def stop(self) -> None:
        """Close the socket."""
        self._stopped = True
        self._listener.close()
        self._path.unlink(missing_ok=True)

    def _answer(self, connection: socket.socket) -> None:
        with connection:
            question = connection.makefile("r").readline().strip()
            answer = self._answers.get(question)
            if answer is None:
                LOG.warning("unknown_question", question=question)
                return
            connection.sendall(json.dumps(answer()).encode())


def listen(path: pathlib.Path, answers: Answers, threads: Threads) -> Control:
    """Open the socket and answer on it in the background."""
    control = Control(path, answers, threads)
    threads.spawn(control.serve, name="control-listener")
    return control


def ask(path: pathlib.Path, question: str, timeout_s: float = 20) -> Any:
    """Ask the embedded cloud."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(timeout_s)
        try:
            connection.connect(str(path))
            connection.sendall(f"{question}\n".encode())
            answer = connection.makefile("rb").read()
        except OSError as failure:
            raise Refusal(f"the cloud does not answer on {path}: {failure}") from failure
    if not answer:
        raise Refusal(f"the cloud did not answer the question {question}; its log says why ('cumulo logs')")
    return json.loads(answer)
