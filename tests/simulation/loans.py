"""Rights that people of a simulated cloud hand on by application credentials and trusts; and identity's calls."""

import random
from collections.abc import Callable
from typing import TYPE_CHECKING

from cumulo.api.wsgi.times import iso_micro_z
from tests.simulation import people, rights
from tests.simulation.kernel import START_S
from tests.simulation.people import REFUSED, K, Loan, Person, authenticate, by_password, needs, own_token, some_person
from tests.simulation.tokens import Token

if TYPE_CHECKING:
    from tests.simulation.calls import Users

TRUST = "OS-TRUST:trust"
FAR_S = 10_000_000.0


def create_application_credential(users: "Users", dice: random.Random) -> None:
    """Let a program work with a role."""
    found = own_token(users, dice)
    if found is None:
        return
    person, token = found
    name, secret = users.name("program"), users.people.new_password()
    made = users.create(
        "application_credential", f"{K}/users/{person.id}/application_credentials",
        {"application_credential": {"name": name, "secret": secret}}, dice, token=token.text, may_be=REFUSED,
        owners=(f"user {person.id}", *users.people.ground(person.project_id)))
    if made is not None:
        users.people.loans.append(Loan("application_credential", made, person, token, secret))


def create_trust(users: "Users", dice: random.Random) -> None:
    """Let somebody else work with a role; when it ends is the name by which it is counted."""
    found, trustee = own_token(users, dice), some_person(users, dice)
    if found is None or trustee is None:
        return
    person, token = found
    impersonation, ends_at = dice.random() < 0.5, START_S + FAR_S + int(users.name("trust").split("-")[1])
    body = {"trustor_user_id": person.id, "trustee_user_id": trustee.id, "project_id": person.project_id,
            "impersonation": impersonation, "roles": [{"id": person.role_id}], "expires_at": iso_micro_z(ends_at),
            "remaining_uses": dice.choice((None, 2))}
    made = users.create("trust", f"{K}/OS-TRUST/trusts", {"trust": body}, dice, token=token.text, may_be=REFUSED,
                        name=str(ends_at), owners=(f"user {person.id}", f"user {trustee.id}",
                                                   *users.people.ground(person.project_id)))
    if made is not None:
        users.people.loans.append(Loan("trust", made, person, token, trustee=trustee, impersonation=impersonation))


def log_in_by_loan(users: "Users", dice: random.Random) -> None:
    """Make a token with borrowed rights."""
    if not users.people.loans:
        return
    loan = dice.choice(users.people.loans)
    (own, leans_on), owner = needs(users, loan.owner), loan.owner
    subjects = (*own, f"password {owner.id}", f"{loan.kind} {loan.id}")
    if loan.trustee is None:
        token = Token("", owner.id, owner.project_id, subjects, leans_on, 0.0, 0.0, is_borrowed=True)
        identity = {"methods": ["application_credential"],
                    "application_credential": {"id": loan.id, "secret": loan.secret}}
        authenticate(users, identity, None, token)
    elif loan.trustee.password is not None:
        _log_in_by_trust(users, loan, loan.trustee, subjects, leans_on)


def _log_in_by_trust(users: "Users", loan: Loan, trustee: Person, subjects: tuple[str, ...],
                     leans_on: tuple[str, ...]) -> None:
    parties = f"user {trustee.id}", f"password {trustee.id}"
    if not loan.impersonation:  # a token in the trustee's name is looked up when the trustor loses a role
        leans_on = (*leans_on, loan.owner.grant)
        subjects = tuple(each for each in subjects if each != loan.owner.grant)
    name = loan.owner if loan.impersonation else trustee
    token = Token("", name.id, loan.owner.project_id, (*subjects, *parties), leans_on, 0.0, 0.0, is_borrowed=True)
    authenticate(users, by_password(trustee, trustee.password or ""), {TRUST: {"id": loan.id}}, token)


def delete_loan(users: "Users", dice: random.Random) -> None:
    """Delete an application credential or a trust, as its owner."""
    if not users.people.loans:
        return
    loan = dice.choice(users.people.loans)
    path = (f"{K}/OS-TRUST/trusts/{loan.id}" if loan.kind == "trust"
            else f"{K}/users/{loan.owner.id}/application_credentials/{loan.id}")
    answered = users.tokens.ending(f"{loan.kind} {loan.id}")
    is_admin = dice.random() < 0.5
    if users.delete(loan.kind, path, loan.id, admin=is_admin, token=None if is_admin else loan.token.text):
        answered()


KINDS: dict[str, Callable[["Users", random.Random], None]] = {
    "arrive": people.arrive, "log in": people.log_in, "log in again": people.log_in_again,
    "use token": people.use_token, "revoke token": people.revoke_token, "change password": people.change_password,
    "switch user": rights.switch_user, "switch project": rights.switch_project, "delete user": rights.delete_user,
    "delete project": rights.delete_project, "create role": people.create_role, "delete role": rights.delete_role,
    "delete group": rights.delete_group, "switch role": rights.switch_role,
    "switch membership": rights.switch_membership, "create credential": rights.create_credential,
    "delete credential": rights.delete_credential, "create application credential": create_application_credential,
    "create trust": create_trust, "log in by loan": log_in_by_loan, "delete loan": delete_loan,
}  # fmt: skip
