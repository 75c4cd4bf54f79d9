"""The person that is asked about: which rows are theirs, and by which names and addresses they are found in texts."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from deals.models import Account, Deal, EmailChange, Member, Organization, Person

from .words import Replacer, is_address, is_distinct

MOST_FOUND = 25
MOST_NAMES = 10


class SubjectRefused(Exception):
    """A person who cannot be erased now; `text` says why and what to do."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


@dataclass(frozen=True)
class Found:
    """Somebody, or a company, with the searched name or address; `key` is "member:3", "person:5" or "organization:7"."""

    key: str
    name: str
    note: str
    kind: str | Promise


@dataclass(frozen=True)
class Subject:
    """Whose data is meant. Names that somebody else in the account has, too, are `shared`."""

    account: int
    members: tuple[int, ...] = ()
    persons: tuple[int, ...] = ()
    organizations: tuple[int, ...] = ()
    names: tuple[str, ...] = ()
    shared: tuple[str, ...] = ()

    @property
    def addresses(self) -> list[str]:
        """The mail addresses among the names."""
        return [name for name in self.names if is_address(name)]

    def replacer(self, label: str) -> Replacer:
        """Return what takes the person out of texts."""
        distinct = [name for name in self.names if is_distinct(name) and name not in self.shared]
        short = [name for name in self.names if not is_distinct(name) and name not in self.shared]
        return Replacer(label, anywhere=distinct, whole=short, near=[*short, *self.shared])

    def clients(self) -> Q:
        """Return the condition on deals whose customer the person is, not a company."""
        alone = Q(person__in=self.persons, organization__isnull=True)
        return alone | Q(organization__in=self.organizations)

    def deals(self) -> Q:
        """Return the condition on deals that name the person."""
        return Q(person__in=self.persons) | Q(organization__in=self.organizations)

    def client_deals(self) -> Any:
        """Return the keys of the deals whose customer the person is."""
        return Deal.objects.filter(self.clients(), account=self.account).values("pk")

    def named_deals(self) -> Any:
        """Return the keys of the deals that name the person."""
        return Deal.objects.filter(self.deals(), account=self.account).values("pk")

    def users(self) -> Any:
        """Return the keys of the users behind the members."""
        return Member.objects.filter(account=self.account, pk__in=self.members).values("user")

    def as_dict(self) -> dict[str, Any]:
        """Return the subject as JSON values."""
        return asdict(self)

    @staticmethod
    def of(values: dict[str, Any]) -> "Subject":
        """Return what `as_dict` gave."""
        read: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value for name, value in values.items()
        }
        return Subject(**read)


def people_found(account: Account, words: str) -> list[Found]:
    """Return members, contacts and organizations whose name or address holds the words, at most 25 of each."""
    words = words.strip()
    if not words:
        return []
    by_user = Q(user__username__icontains=words) | Q(user__email__icontains=words)
    members = Member.objects.filter(Q(name__icontains=words) | by_user, account=account).select_related(
        "user"
    )
    persons = Person.objects.filter(
        Q(name__icontains=words) | Q(email__icontains=words), account=account
    ).select_related("organization")
    organizations = Organization.objects.filter(account=account, name__icontains=words)
    return [
        *(Found(f"member:{row.pk}", row.name, _standing(row), _("Team member")) for row in members[:MOST_FOUND]),
        *(Found(f"person:{row.pk}", row.name, _contact(row), _("Contact")) for row in persons[:MOST_FOUND]),
        *(
            Found(f"organization:{row.pk}", row.name, row.city, _("Organization"))
            for row in organizations[:MOST_FOUND]
        ),
    ]  # fmt: skip


def _standing(row: Member) -> str:
    state = _("can sign in: remove them from the team first") if row.user.is_active else _("removed")
    return " · ".join([row.user.get_username(), str(row.get_role_display()), state])


def _contact(row: Person) -> str:
    return " · ".join(part for part in (row.email, row.organization.name if row.organization else "") if part)


def subject_of(account: Account, keys: Iterable[str], *, also: str = "") -> Subject:
    """Return the subject of chosen keys of `people_found`, and of further names and addresses, one a line.

    Raises SubjectRefused where nobody was chosen.
    """
    chosen: dict[str, set[int]] = {"member": set(), "person": set(), "organization": set()}
    for key in keys:
        kind, _colon, number = key.partition(":")
        if kind in chosen and number.isascii() and number.isdigit() and len(number) < 18:
            chosen[kind].add(int(number))
    members = Member.objects.filter(account=account, pk__in=chosen["member"]).select_related("user")
    persons = Person.objects.filter(account=account, pk__in=chosen["person"])
    organizations = Organization.objects.filter(account=account, pk__in=chosen["organization"])
    names: list[str] = []
    for member in members:
        names += [member.name, member.user.email, member.user.get_full_name()]
        # A sign-in name of one word, such as "admin", stands nowhere but in its own column.
        names += [name for name in [member.user.get_username()] if is_distinct(name)]
    names += EmailChange.objects.filter(user__in=[row.user_id for row in members]).values_list(
        "email", flat=True
    )
    for person in persons:
        names += [person.name, person.email, person.phone]
    names += [organization.name for organization in organizations]
    names += also.splitlines()[:MOST_NAMES]
    names = list(dict.fromkeys(" ".join(name.split()) for name in names if len(name.strip()) > 1))
    if not members and not persons and not organizations:
        raise SubjectRefused(_("Choose at least one entry. Each that is this person has to be ticked."))
    subject = Subject(
        account=account.pk,
        members=tuple(sorted(row.pk for row in members)),
        persons=tuple(sorted(row.pk for row in persons)),
        organizations=tuple(sorted(row.pk for row in organizations)),
        names=tuple(names),
    )
    return Subject(**{**subject.as_dict(), "shared": tuple(_shared(subject))})


def _shared(subject: Subject) -> list[str]:
    """Return the names that somebody has who was not chosen."""
    found = []
    users = get_user_model()._default_manager
    for name in subject.names:
        others = (
            Member.objects.filter(account=subject.account, name__iexact=name).exclude(pk__in=subject.members),
            Person.objects.filter(Q(name__iexact=name) | Q(email__iexact=name), account=subject.account)
            .exclude(pk__in=subject.persons),
            Organization.objects.filter(account=subject.account, name__iexact=name)
            .exclude(pk__in=subject.organizations),
            users.filter(Q(username__iexact=name) | Q(email__iexact=name), member__account=subject.account)
            .exclude(member__in=subject.members),
        )  # fmt: skip
        if any(rows.exists() for rows in others):
            found.append(name)
    return found


def require_erasable(by: Member, subject: Subject) -> None:
    """Raise SubjectRefused for oneself, for who can still sign in, and for an owner where no owner asks."""
    rows = Member.objects.filter(pk__in=subject.members).select_related("user")
    owners = Member.objects.filter(account=subject.account, role=Member.Role.OWNER, user__is_active=True)
    for row in rows:
        if row.pk == by.pk:
            raise SubjectRefused(_("You cannot erase yourself. Ask another admin."))
        if row.role == Member.Role.OWNER and not owners.exclude(pk=row.pk).exists():
            raise SubjectRefused(_("The last owner cannot be erased. Make somebody else an owner first."))
        if row.user.is_active:
            raise SubjectRefused(
                _("%(name)s can still sign in. Remove them from the team first.") % {"name": row.name}
            )
        if row.role == Member.Role.OWNER and by.role != Member.Role.OWNER:
            raise SubjectRefused(_("Only an owner erases an owner."))
