"""Who there is in a simulated cloud, and how they log in and use their tokens.

Everybody works in a project of their own, with a role that is theirs or their group's. Everything that ends rights is
noted before it is asked for (tokens.py), so that every later use of a token can be judged.
"""

import dataclasses
import random
from typing import TYPE_CHECKING, Any

from tests.simulation.tokens import PROMISED_AGE_S, Token

if TYPE_CHECKING:
    from tests.simulation.calls import Users

K = "/identity/v3"
PLACES = (f"{K}/auth/tokens", f"{K}/auth/projects", "/compute/v2.1/servers", "/network/v2.0/networks", "/image/v2/images")
REFUSED = (400, 401)


@dataclasses.dataclass
class Person:
    """A user, and where their role comes from; no password: nobody knows which one it is now."""

    id: str
    project_id: str
    role_id: str
    group_id: str | None
    password: str | None
    former: list[str] = dataclasses.field(default_factory=list)

    @property
    def grant(self) -> str:
        """The subject that is their own role; a group's role is another."""
        return f"grant {self.group_id or self.id} {self.project_id}"


@dataclasses.dataclass(frozen=True)
class Loan:
    """An application credential or a trust."""

    kind: str
    id: str
    owner: Person
    token: Token  # it was made with
    secret: str = ""
    trustee: Person | None = None
    impersonation: bool = False


class People:
    """Who there is, and what stands below what."""

    def __init__(self) -> None:
        self.persons: list[Person] = []
        self.loans: list[Loan] = []
        self.lines: dict[str, tuple[str, ...]] = {}  # project -> itself and what it stands below
        self.passwords = 0

    def below(self, project_id: str) -> list[str]:
        """Return the project and those known to stand below it."""
        return [each for each, line in self.lines.items() if project_id in line] or [project_id]

    def ground(self, project_id: str) -> tuple[str, ...]:
        """Return the subjects by which a project ends."""
        return (f"project {project_id}", *(f"tree {each}" for each in self.lines.get(project_id, ())))

    def new_password(self) -> str:
        """Return a password nobody had before."""
        self.passwords += 1
        return f"a word between us {self.passwords}"


def arrive(users: "Users", dice: random.Random) -> None:
    """Somebody new comes: a project, a user, a role in one of two ways, and a first login."""
    people = users.people
    project_id = _create_project(users, dice)
    if project_id is None:
        return
    password = people.new_password()
    body = {"user": {"name": users.name("user"), "password": password}}
    user_id = users.create("user", f"{K}/users", body, dice, admin=True)
    if user_id is None:
        return
    group_id = _some_group(users, dice) if dice.random() < 0.4 else None
    role_id = users.one("role", dice) if dice.random() < 0.3 else None
    person = Person(user_id, project_id, role_id or users.setting.member, group_id, password)
    if group_id is None or is_done(users.send("PUT", f"{K}/groups/{group_id}/users/{user_id}", admin=True)):
        if give(users, person):
            people.persons.append(person)
            _log_in(users, person, password)


def _create_project(users: "Users", dice: random.Random) -> str | None:
    parent_id = users.one("project", dice) if dice.random() < 0.4 else None
    body: dict[str, Any] = {"name": users.name("project")}
    if parent_id is not None:
        body["parent_id"] = parent_id
    line = users.people.lines.get(parent_id or "", ())
    project_id = users.create("project", f"{K}/projects", {"project": body}, dice, admin=True, may_be=REFUSED,
                              owners=tuple(f"tree {each}" for each in line))
    if project_id is not None:
        users.people.lines[project_id] = (project_id, *line)
    return project_id


def _some_group(users: "Users", dice: random.Random) -> str | None:
    known = users.one("group", dice) if dice.random() < 0.5 else None
    return known or users.create("group", f"{K}/groups", {"group": {"name": users.name("group")}}, dice, admin=True)


def create_role(users: "Users", dice: random.Random) -> None:
    """Make a role that people may have."""
    users.create("role", f"{K}/roles", {"role": {"name": users.name("role")}}, dice, admin=True)


def is_done(answer: Any) -> bool:
    """Say whether it was done."""
    return answer is not None and answer.status < 300


def is_gone(answer: Any) -> bool:
    """Say whether it is over, now or before."""
    return answer is not None and answer.status in (200, 204, 404)


def grant_path(person: Person) -> str:
    """Return the path of what gives somebody their role."""
    actor = f"groups/{person.group_id}" if person.group_id else f"users/{person.id}"
    return f"{K}/projects/{person.project_id}/{actor}/roles/{person.role_id}"


def give(users: "Users", person: Person) -> bool:
    """Give somebody their role; say whether that was done."""
    answered = users.tokens.undoing(person.grant)
    answer = users.send("PUT", grant_path(person), admin=True)
    if answer is not None:
        answered()
    return is_done(answer)


def needs(users: "Users", person: Person) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return what a token of a person depends on for good, and what it leans on; the password is another matter."""
    own = (f"user {person.id}", *users.people.ground(person.project_id))
    role = f"role {person.role_id}"
    if person.group_id is None:
        return (*own, person.grant), (role,)
    return own, (person.grant, role, f"member {person.group_id} {person.id}", f"group {person.group_id}")


def some_person(users: "Users", dice: random.Random) -> Person | None:
    """Choose somebody, the newer the likelier."""
    persons = users.people.persons
    return persons[-1 - int(len(persons) * dice.random() ** 2)] if persons else None


def own_token(users: "Users", dice: random.Random) -> tuple[Person, Token] | None:
    """Choose a token that was not made with borrowed rights, and whose it is."""
    own = [each for each in users.tokens.all if not each.is_borrowed]
    if not own:
        return None
    token = own[-1 - int(len(own) * dice.random() ** 2)]
    return next(each for each in users.people.persons if each.id == token.user_id), token


def by_password(person: Person, password: str) -> dict[str, Any]:
    """Return what proves by a password."""
    return {"methods": ["password"], "password": {"user": {"id": person.id, "password": password}}}


def authenticate(users: "Users", identity: dict[str, Any], scope: dict[str, Any] | None, token: Token) -> int | None:
    """Ask for a token, keep it, and return the answer's status; token is what it is going to be."""
    began_s = users.cloud.kernel.elapsed_s
    asked = {"identity": identity} | ({"scope": scope} if scope else {})
    answer = users.send("POST", f"{K}/auth/tokens", {"auth": asked}, token="", may_be=(401,))
    if answer is not None and answer.status == 201:
        text = answer.headers["X-Subject-Token"]
        # A token made from another one goes on when that one alone is revoked.
        subjects = [each for each in token.subjects if not each.startswith("token ")]
        users.tokens.all.append(dataclasses.replace(
            token, text=text, subjects=(*subjects, f"token {text}"), began_s=began_s,
            known_s=users.cloud.kernel.elapsed_s))
        needed = [each for each in (*subjects, *token.leans_on) if not each.startswith("password ")]
        if users.tokens.has_ended(needed, began_s):
            users.tokens.findings.append(f"tokens: {token.user_id} logged in at {began_s:.3f} with what had ended")
    return answer.status if answer is not None else None


def _log_in(users: "Users", person: Person, password: str) -> int | None:
    subjects, leans_on = needs(users, person)
    token = Token("", person.id, person.project_id, (*subjects, f"password {person.id}"), leans_on, 0.0, 0.0)
    return authenticate(users, by_password(person, password), {"project": {"id": person.project_id}}, token)


def log_in(users: "Users", dice: random.Random) -> None:
    """Log in by password, now and then by a former one."""
    person = some_person(users, dice)
    if person is None:
        return
    if person.former and dice.random() < 0.3:
        if _log_in(users, person, dice.choice(person.former)) == 201:
            users.tokens.findings.append(f"tokens: {person.id} logged in with a former password")
    elif person.password is not None:
        _log_in(users, person, person.password)


def log_in_again(users: "Users", dice: random.Random) -> None:
    """Make a token from a token."""
    found = own_token(users, dice)
    if found is not None:
        began_s, token = users.cloud.kernel.elapsed_s, found[1]
        status = authenticate(users, {"methods": ["token"], "token": {"id": token.text}},
                               {"project": {"id": token.project_id}}, token)
        if status is not None:
            users.tokens.judge(token, began_s, status, "a login by token")


def use_token(users: "Users", dice: random.Random) -> None:
    """Use a token at some service, or let it be looked at."""
    if users.tokens.all:
        _use(users, dice.choice(users.tokens.all), dice)


def use_all_tokens(users: "Users") -> None:
    """Use every token some times, so that most likely each API sees each."""
    for number, token in enumerate(users.tokens.all * 2):
        _use(users, token, random.Random(number))


def _use(users: "Users", token: Token, dice: random.Random) -> None:
    is_looked_at = dice.random() < 0.3
    where = PLACES[0] if is_looked_at else dice.choice(PLACES)
    began_s = users.cloud.kernel.elapsed_s
    answer = users.send("GET", where, token=None if is_looked_at else token.text, admin=is_looked_at, again=False,
                        may_be=REFUSED, X_Subject_Token=token.text)
    if answer is not None:
        users.tokens.judge(token, began_s, answer.status, f"{where}{' for a service' if is_looked_at else ''}")


def revoke_token(users: "Users", dice: random.Random) -> None:
    """Revoke a token, by itself or by an administrator."""
    if not users.tokens.all:
        return
    token = dice.choice(users.tokens.all)
    for _ in range(2):  # whoever has just seen it is the one who may go on taking it
        _use(users, token, dice)
    answered = users.tokens.ending(f"token {token.text}")
    is_own = dice.random() < 0.5
    answer = users.send("DELETE", PLACES[0], admin=not is_own, token=token.text if is_own else None, may_be=REFUSED,
                        X_Subject_Token=token.text)
    if is_gone(answer):
        answered()
        users.cloud.kernel.wait(PROMISED_AGE_S)
        for _ in range(2):
            _use(users, token, dice)


def change_password(users: "Users", dice: random.Random) -> None:
    """Change a password, as its user or as an administrator."""
    person = some_person(users, dice)
    if person is None or person.password is None:
        return
    before, after = person.password, users.people.new_password()
    person.password = None
    answered = users.tokens.ending(f"password {person.id}")
    if dice.random() < 0.5:
        answer = users.send("POST", f"{K}/users/{person.id}/password",
                            {"user": {"password": after, "original_password": before}}, token="", may_be=REFUSED,
                            Idempotency_Key=f"key-of-{users.name('password')}")
    else:
        answer = users.send("PATCH", f"{K}/users/{person.id}", {"user": {"password": after}}, admin=True)
    if is_done(answer):
        answered()
        person.former.append(before)
        person.password = after
