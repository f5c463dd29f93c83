"""One line per event: time, level, module, event name, then key=value facts. Secrets never go in.

INFO is a change of state, WARNING is something a person may look at, ERROR something a person must.
"""

import logging
import sys
from typing import Any

from oslo_config import cfg

_QUOTE = frozenset(' "=\n\r\t')


class Logger:
    """A named logger that takes an event name and facts."""

    def __init__(self, name: str) -> None:
        self._logger = logging.getLogger(name)

    def debug(self, event: str, **facts: Any) -> None:
        """Log what only a developer needs."""
        if self._logger.isEnabledFor(logging.DEBUG):
            self._logger.debug(render(event, facts))

    def info(self, event: str, **facts: Any) -> None:
        """Log a change of state."""
        self._logger.info(render(event, facts))

    def warning(self, event: str, **facts: Any) -> None:
        """Log what a person may look at."""
        self._logger.warning(render(event, facts))

    def error(self, event: str, **facts: Any) -> None:
        """Log what a person must look at."""
        self._logger.error(render(event, facts))

    def exception(self, event: str, **facts: Any) -> None:
        """Log an error with the trace of the exception being handled."""
        self._logger.error(render(event, facts), exc_info=True)


def render(event: str, facts: dict[str, Any]) -> str:
    """Return the event and its facts as one line; values with blanks or line ends are quoted."""
    return " ".join([event, *(f"{name}={_value(value)}" for name, value in facts.items())])


def _value(value: Any) -> str:
    text = str(value)
    return repr(text) if not text or _QUOTE.intersection(text) else text


def get(name: str) -> Logger:
    """Return the logger of a module."""
    return Logger(name)


def setup(conf: cfg.ConfigOpts) -> None:
    """Send every line to the configured file, or to standard error."""
    handler: logging.Handler = (
        logging.FileHandler(conf.log_file) if conf.log_file else logging.StreamHandler(sys.stderr)
    )
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(process)d %(name)s %(message)s"))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.DEBUG if conf.debug else logging.INFO)
    # What no line shows need not be looked up for each; the logging module's documentation names these three.
    logging._srcfile, logging.logThreads, logging.logMultiprocessing = None, False, False
    for noisy in ("amqp", "kombu", "sqlalchemy", "eventlet", "oslo_policy", "pyroute2", "asyncio", "stevedore"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
