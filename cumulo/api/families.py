"""Every API that this service offers: what is served, whose rules are declared, what is documented and tested.

The compute API serves the document that describes all of them, so it imports this module and this module
imports it: nothing here may be evaluated before both have been loaded, hence functions.
"""

from collections.abc import Sequence
from types import ModuleType

from oslo_policy import policy

import cumulo.api.compute.app
import cumulo.api.identity.app
import cumulo.api.image.app
import cumulo.api.network.app
import cumulo.api.volume.app
from cumulo.api.wsgi.route import Family, Route


def _modules() -> tuple[ModuleType, ...]:
    return (cumulo.api.identity.app, cumulo.api.image.app, cumulo.api.network.app, cumulo.api.compute.app,
            cumulo.api.volume.app)


def apis() -> tuple[tuple[Family, Sequence[Route]], ...]:
    """Return each API with its routes."""
    return tuple((module.FAMILY, module.ROUTES) for module in _modules())


def rules() -> tuple[policy.RuleDefault, ...]:
    """Return the policy rules of all of them."""
    return tuple(rule for module in _modules() for rule in module.RULES)
