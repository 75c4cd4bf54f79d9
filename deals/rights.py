"""The one answer to who may do what: for pages, the API, frames and tasks."""

from typing import Protocol

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from .models import DealShare, Member


class Right(models.TextChoices):
    """What a person may do with the account's invoices, and with the account itself."""

    VIEW = "view", _("See invoices")
    CREATE = "create", _("Create, send and link invoices")
    VOID = "void", _("Void and delete invoices")
    ADMINISTER = "administer", _("Administer")


class HasMember(Protocol):
    """Whoever asks: a viewer."""

    @property
    def member(self) -> Member:
        """Return the member who asks."""
        ...


def may(member: Member, right: Right) -> bool:
    """Return whether a member has a right; owners and admins have all. Whoever creates or voids sees, too."""
    if member.is_admin:
        return True
    if right is Right.ADMINISTER:
        return False
    own = {Right.VIEW: True, Right.CREATE: member.may_create, Right.VOID: member.may_void}
    return member.may_view and own[right]


def visible_deals(viewer: HasMember) -> Q:
    """Return the condition on deals that a viewer sees; nothing for who sees all of them."""
    member = viewer.member
    if member.is_admin or member.deals_seen == Member.Deals.ALL:
        return Q()
    mine = Q(owner=member.pk)
    if member.deals_seen == Member.Deals.CHOSEN:
        mine |= Q(Exists(DealShare.objects.filter(deal=OuterRef("pk"), member=member.pk)))
    return mine
