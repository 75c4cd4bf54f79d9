"""Changes of people's rights: by owners and admins, seen by both of two who change at once, never the last owner's."""

from collections.abc import Collection, Mapping
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from deals.account.sessions import sessions_end
from deals.models import Account, ApiToken, Deal, DealShare, EmbedSession, Member
from deals.trail import event_add

RIGHTS = ("role", "may_view", "may_create", "may_void", "deals_seen")


class ChangeRefused(Exception):
    """A change that is not made; `text` says why and what to do."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


def _require_may(by: Member, member: Member, role: str) -> None:
    """Raise unless `by` may give this member this role: owners are made and unmade by owners alone."""
    if not by.is_admin:
        raise ChangeRefused(_("Only an admin may do this."))
    touches_owner = Member.Role.OWNER in {member.role, role} and member.role != role
    if touches_owner and by.role != Member.Role.OWNER and _owners(by.account).exists():
        raise ChangeRefused(_("Only an owner makes or unmakes owners."))


def _owners(account: Account) -> Any:
    return Member.objects.filter(account=account, role=Member.Role.OWNER, user__is_active=True)


def _leads(account: Account) -> Any:
    """Return who an account must not lose the last one of: its owners, or its admins where it has no owner."""
    owners = _owners(account)
    if owners.exists():
        return owners
    return Member.objects.filter(account=account, role__in=Member.ADMINS, user__is_active=True)


@transaction.atomic
def member_update(
    by: Member, member: Member, version: int, values: Mapping[str, Any], *, deals: Collection[int] = ()
) -> None:
    """Change what a member may do, if nobody did so since the form was drawn; raises ChangeRefused."""
    Account.objects.select_for_update().get(pk=by.account_id)
    _require_may(by, member, str(values["role"]))
    leads = set(_leads(by.account).values_list("pk", flat=True))
    if leads == {member.pk} and values["role"] != member.role:
        raise ChangeRefused(_("An account needs an owner. Make somebody else one first."))
    changes = {name: values[name] for name in RIGHTS}
    before = {name: getattr(member, name) for name in RIGHTS}
    mine = Member.objects.filter(pk=member.pk, account=by.account_id, version=version)
    if not mine.update(**changes, version=F("version") + 1):
        raise ChangeRefused(
            _("Somebody else changed this person’s rights meanwhile. Look at them as they are now.")
        )
    DealShare.objects.filter(member=member).delete()
    known = Deal.objects.filter(account=by.account_id, pk__in=list(deals))
    DealShare.objects.bulk_create(DealShare(deal=deal, member=member) for deal in known)
    event_add(by.account_id, "rights", actor=by, what=member.name, before=before, after=changes)


@transaction.atomic
def member_remove(by: Member, member: Member) -> None:
    """End a member's access at once: sessions, frames and tokens. What they did stays under their name."""
    Account.objects.select_for_update().get(pk=by.account_id)
    if by.pk != member.pk:
        _require_may(by, member, Member.Role.REP)
    if set(_leads(by.account).values_list("pk", flat=True)) == {member.pk}:
        raise ChangeRefused(_("The last owner cannot leave. Make somebody else an owner first."))
    member.user.is_active = False
    member.user.save(update_fields=["is_active"])
    Member.objects.filter(pk=member.pk).update(version=F("version") + 1)
    ApiToken.objects.filter(user=member.user_id).delete()
    EmbedSession.objects.filter(member=member).delete()
    sessions_end(member.user_id)
    event_add(by.account_id, "removed", actor=by, what=member.name)


@transaction.atomic
def member_return(by: Member, member: Member) -> None:
    """Let somebody back in who was removed, with the rights they had."""
    _require_may(by, member, member.role)
    member.user.is_active = True
    member.user.save(update_fields=["is_active"])
    event_add(by.account_id, "returned", actor=by, what=member.name)


def sharing_set(by: Member, *, is_shared: bool) -> None:
    """Set whether everybody with the right to sees invoices, or only who connected QuickBooks."""
    if not by.is_admin:
        raise ChangeRefused(_("Only an admin may do this."))
    with transaction.atomic():
        before = Account.objects.select_for_update().get(pk=by.account_id)
        Account.objects.filter(pk=by.account_id).update(shares_invoices=is_shared)
        change = {"shared": before.shares_invoices}, {"shared": is_shared}
        event_add(before, "sharing", actor=by, before=change[0], after=change[1])
