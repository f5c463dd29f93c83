"""Whether what an agent makes for a long time is still wanted."""

from collections.abc import Callable

from cumulo.common import errors, log
from cumulo.common.runtime import Runtime

LOG = log.get(__name__)
TIMEOUT_S = 5.0


def asking(runtime: Runtime) -> Callable[[str], bool]:
    """Return what asks the scheduler whether what is done to a resource still goes on."""
    def is_wanted(resource_id: str) -> bool:
        """Whether to go on: also when nobody answers, for a lost answer must not undo hours of work."""
        try:
            return bool(runtime.bus.call("scheduler", "work_wanted", {"resource_id": resource_id}, timeout_s=TIMEOUT_S))
        except errors.CumuloError as failure:
            LOG.warning("work_not_confirmed", resource=resource_id, reason=failure.message)
            return True

    return is_wanted
