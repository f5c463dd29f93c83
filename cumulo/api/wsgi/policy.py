"""Who may do what: oslo.policy over the rules that the families declare, with secure defaults.

Scopes and roles follow the field's convention: admin over everything, manager, member and reader
within their own project, reader with system scope over the whole cloud's read-only view.

A rule is a function of who asks and what for, so its answer is remembered until the rules are looked at
again. Files of rules may be changed at any time and are felt RULES_AGE_S later.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from oslo_config import cfg
from oslo_policy import _checks as checks
from oslo_policy import policy

from cumulo.common import errors
from cumulo.common.clock import Clock
from cumulo.common.context import Context

RULES_AGE_S = 1.0
"""Seconds between two looks at the files of rules: a look costs more than all the rest of a short request."""

MAX_REMEMBERED = 20_000

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

    def __init__(self, conf: cfg.ConfigOpts, rules: Iterable[policy.RuleDefault], clock: Clock | None = None) -> None:
        self._enforcer = policy.Enforcer(conf)
        self._enforcer.suppress_default_change_warnings = True
        self._enforcer.suppress_deprecation_warnings = True
        self._enforcer.register_defaults([*BASE_RULES, *rules])
        self._clock = clock or Clock()
        self._remembered: dict[tuple[Any, ...], bool] = {}
        self._look()

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
        if self._clock.monotonic() >= self._look_again_at:
            self._look()
        about = {"project_id": context.project_id, "user_id": context.user_id} if target is None else target
        question = (name, *context.policy_facts(), *about.items())
        try:
            remembered = self._remembered.get(question)
        except TypeError:  # the target holds a list or the like
            return self._decide(name, context, about)
        if remembered is None:
            remembered = self._decide(name, context, about)
            if _is_plain(about) and _is_function(self._enforcer.rules[name], self._enforcer.rules):
                self._remember(question, remembered)
        return remembered

    def _decide(self, name: str, context: Context, about: dict[str, Any]) -> bool:
        return bool(self._enforcer.enforce(name, about, context.policy_credentials()))

    def _remember(self, question: tuple[Any, ...], answer: bool) -> None:
        if len(self._remembered) >= MAX_REMEMBERED:
            self._remembered.clear()
        self._remembered[question] = answer

    def _look(self) -> None:
        """Read files of rules that have changed; between two looks the enforcer does not look on its own."""
        self._look_again_at = self._clock.monotonic() + RULES_AGE_S
        self._enforcer.use_conf = True
        self._enforcer.load_rules()
        self._enforcer.use_conf = False
        self._remembered.clear()

    def authorize(self, rule: str, context: Context, target: dict[str, Any] | None = None) -> None:
        """Raise Forbidden unless allowed."""
        if not self.allows(rule, context, target):
            raise errors.Forbidden(f"Policy doesn't allow {rule.removeprefix('rule:')} to be performed.",
                                   kind="PolicyNotAuthorized")


def _is_plain(target: dict[str, Any]) -> bool:
    """Say whether values that are equal also read alike, as rules compare them: 1 and True do not."""
    return all(value is None or isinstance(value, str) for value in target.values())


def _is_function(check: Any, rules: Mapping[str, Any]) -> bool:
    """Say whether a check depends on nothing but its caller and target: one that asks a server does."""
    if isinstance(check, checks.RuleCheck):
        return check.match not in rules or _is_function(rules[check.match], rules)
    if isinstance(check, checks.AndCheck | checks.OrCheck):
        return all(_is_function(each, rules) for each in check.rules)
    if isinstance(check, checks.NotCheck):
        return _is_function(check.rule, rules)
    return isinstance(check, checks.TrueCheck | checks.FalseCheck | checks.RoleCheck | checks.GenericCheck)
