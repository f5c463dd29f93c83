"""Who may do what: oslo.policy over the rules that the families declare, with secure defaults.

Scopes and roles follow the field's convention: admin over everything, manager, member and reader
within their own project, reader with system scope over the whole cloud's read-only view.
"""

from collections.abc import Iterable
from typing import Any

from oslo_config import cfg
from oslo_policy import policy

from cumulo.common import errors
from cumulo.common.context import Context

_OWN = "project_id:%(project_id)s"

BASE_RULES = (
    policy.RuleDefault("admin_required", "role:admin", description="An administrator of the cloud."),
    policy.RuleDefault("admin", "rule:admin_required", description="An administrator of the cloud."),
    policy.RuleDefault("service", "role:service", description="A service of the cloud."),
    policy.RuleDefault("system_reader", "role:admin or (role:reader and system_scope:all)",
                       description="May read what concerns the whole cloud."),
    policy.RuleDefault("project_reader", f"role:admin or (role:reader and {_OWN}) or role:service",
                       description="May read within the project."),
    policy.RuleDefault("project_member", f"role:admin or (role:member and {_OWN})",
                       description="May change within the project."),
    policy.RuleDefault("project_manager", f"role:admin or (role:manager and {_OWN})",
                       description="May manage the project."),
    policy.RuleDefault("owner", "user_id:%(user_id)s", description="The user themself."),
    policy.RuleDefault("admin_or_owner", "role:admin or user_id:%(user_id)s",
                       description="The user themself or an administrator."),
    policy.RuleDefault("any_token", "@", description="Anybody with a valid token."),
)


class Policy:
    """The rules in force in this process."""

    def __init__(self, conf: cfg.ConfigOpts, rules: Iterable[policy.RuleDefault]) -> None:
        self._enforcer = policy.Enforcer(conf)
        self._enforcer.suppress_default_change_warnings = True
        self._enforcer.suppress_deprecation_warnings = True
        self._enforcer.register_defaults([*BASE_RULES, *rules])
        self._enforcer.load_rules()

    @property
    def names(self) -> set[str]:
        """Return the names of all rules."""
        return set(self._enforcer.registered_rules)

    def allows(self, rule: str, context: Context, target: dict[str, Any] | None = None) -> bool:
        """Say whether the caller may do it to the target (default: to the caller's own project).

        A rule that nobody declared is a bug and raises KeyError rather than refusing for ever.
        """
        name = rule.removeprefix("rule:")
        if name not in self._enforcer.registered_rules:
            raise KeyError(f"no policy rule {name!r} is declared")
        about = {"project_id": context.project_id, "user_id": context.user_id} if target is None else target
        return bool(self._enforcer.enforce(name, about, context.policy_credentials()))

    def authorize(self, rule: str, context: Context, target: dict[str, Any] | None = None) -> None:
        """Raise Forbidden unless allowed."""
        if not self.allows(rule, context, target):
            raise errors.Forbidden(f"Policy doesn't allow {rule.removeprefix('rule:')} to be performed.",
                                   kind="PolicyNotAuthorized")

