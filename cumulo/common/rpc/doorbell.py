"""The doorbell: tells a service that something it polls for anyway is there now.

The database decides; a bell that is lost costs the time until the next poll, so a broker that is
away is logged and never raised to a user.
"""

from typing import Any

from cumulo.common import errors, log
from cumulo.common.rpc.bus import Bus

LOG = log.get(__name__)


def ring(bus: Bus, target: str, what: str, **facts: Any) -> None:
    """Cast "ring" with what there is to look at to a service; never raises for a broker problem."""
    try:
        bus.cast(target, "ring", {"what": what, **facts})
    except errors.ServiceUnavailable as error:
        LOG.warning("bell_lost", target=target, what=what, reason=error.message)
