"""What the CRM's own tables hold of people, and what an erasure does to each."""

from functools import reduce
from operator import or_
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from deals import models as crm
from deals.timeline import without_personal

from .registry import LABEL, Declaration, Elsewhere, declare, register_declarations, register_elsewhere
from .subject import Subject
from .words import Replacer

ROWS_GO = _("The person’s own rows are deleted.")
NAMES_GO = _("Names and addresses are replaced in the texts.")
NOBODY = _("Names nobody.")


def register_own() -> None:
    """Declare this app's tables, the people first and who they are behind last."""
    register_declarations([*_of_members(), *_of_deals(), *_of_others(), *_installation(), *_people()])
    register_elsewhere(_in_other_crms)


def member_is(path: str) -> Any:
    """Return the condition that a row belongs to one of the subject's members."""
    return lambda subject: Q(**{f"{path}__in": subject.members})


def _invited(subject: Subject) -> Q:
    tests = [Q(email__iexact=address) for address in subject.addresses]
    return reduce(or_, tests) if tests else Q(pk__in=[])


def _entry(row: crm.TimelineEntry, changed: dict[str, Any], replacer: Replacer) -> dict[str, Any]:
    """Return an entry as its kind says that an erasure leaves it."""
    return {"data": without_personal(row.kind, changed["data"])}


def _file(row: crm.ImportFile, changed: dict[str, Any], replacer: Replacer) -> dict[str, Any]:
    """Return a file without the lines that name the person: what stands beside the name is theirs, too."""
    return {"rows": [line for line in row.rows if replacer.value(line) == line]}


def _of_members() -> list[Declaration]:
    by_user: dict[str, Any] = {"account": "user__member__account", "is_deleted": True, "removes": ROWS_GO}
    mine: dict[str, Any] = {
        "account": "member__account",
        "own": member_is("member"),
        "is_deleted": True,
        "removes": ROWS_GO,
    }
    return [
        declare(
            crm.ApiToken, _("API tokens"), texts="name", plain="rights", sealed="digest token_key",
            **by_user, own=member_is("user__member"),
        ),
        declare(
            crm.PipedriveToken, _("Tokens of Pipedrive"), plain="scope", sealed="access_token refresh_token",
            account="identity__member__account", own=member_is("identity__member"), is_deleted=True, removes=ROWS_GO,
        ),
        declare(crm.MemberIdentity, _("Identities in other CRMs"), plain="external_id", **mine),
        declare(crm.EmbedSession, _("Frames that are open"), plain="place", sealed="code_digest token_digest session_key", **mine),
        declare(crm.DealShare, _("Deals shared with somebody"), **mine),
        declare(crm.NotificationChoices, _("Choices of notifications"), plain="muted digest", **mine),
        declare(
            crm.Passkey, _("Passkeys"), texts="name", plain="transports", sealed="credential_id public_key", **by_user,
            own=member_is("user__member"),
        ),
        declare(crm.PasskeyHandle, _("Handles of passkeys"), sealed="handle", **by_user, own=member_is("user__member")),
        declare(
            crm.SignInIdentity, _("Identities of single sign-on"), texts="email", plain="issuer subject", **by_user,
            own=member_is("user__member"),
        ),
        declare(crm.CrmPermission, _("Deals seen in another CRM"), **mine),
        declare(crm.SecondFactor, _("Second factors"), sealed="secret", **by_user, own=member_is("user__member")),
        declare(crm.RecoveryCode, _("Recovery codes"), sealed="digest", **by_user, own=member_is("user__member")),
        declare(
            crm.EmailChange, _("Addresses that wait for their link"), texts="email", sealed="digest", **by_user,
            own=member_is("user__member"),
        ),
        declare(
            crm.SignedInSession, _("Browsers that are signed in"), plain="browser", sealed="session_key", **by_user,
            own=member_is("user__member"),
        ),
        declare(
            crm.Invitation, _("Invitations"), account="account", texts="name email", plain="role problem", sealed="digest",
            own=_invited, is_deleted=True, removes=_("Invitations to the address are deleted."),
            keeps=_("The trail keeps that somebody was invited."),
        ),
    ]  # fmt: skip


def _of_deals() -> list[Declaration]:
    of_another = "external_source external_id"
    return [
        declare(
            crm.Deal, _("Deals"), account="account", texts="title custom discounts installments",
            plain=f"{of_another} status currency", near=lambda subject: subject.deals(), removes=NAMES_GO,
            keeps=_("The deal, its value and its dates: they explain invoices that were issued."),
        ),
        declare(
            crm.DealLine, _("Products of deals"), account="deal__account", texts="name comment",
            plain="discount_kind external_id", near=lambda subject: Q(deal__in=subject.named_deals()), removes=NAMES_GO,
            keeps=_("Quantities and prices."),
        ),
        declare(
            crm.TimelineEntry, _("Change log of deals"), account="account", texts="data", plain="kind", rewrite=_entry,
            near=lambda subject: Q(deal__in=subject.named_deals()),
            removes=_("An entry that names the person keeps what its kind keeps: numbers, amounts, dates."),
            keeps=_("Order, count, time, kind and who did it, by key."),
        ),
        declare(
            crm.CrmWrite, _("Notes written into another CRM"), account="deal__account", texts="body sent_body",
            plain="key state problem", near=lambda subject: Q(deal__in=subject.named_deals()), removes=NAMES_GO,
            keeps=_("That they were written."),
        ),
        declare(crm.CrmCopy, _("How far deals of another CRM are read"), plain="problem", keeps=NOBODY),
        declare(crm.Stage, _("Stages"), account="account", texts="name", removes=NAMES_GO),
        declare(
            crm.Product, _("Products"), account="account", texts="name description",
            plain=f"{of_another} code currency", removes=NAMES_GO, keeps=_("Prices."),
        ),
        declare(
            crm.CustomField, _("Custom fields"), account="account", texts="label",
            plain="entity key kind external_source external_type", removes=NAMES_GO,
        ),
    ]  # fmt: skip


def _of_others() -> list[Declaration]:
    return [
        declare(
            crm.ImportFile, _("CSV files that were uploaded"), account="account", texts="name columns rows mapping", plain="kind",
            own=member_is("member"), is_deleted=True, rewrite=_file,
            removes=_("The person’s own files are deleted; of others’ the lines that name them."),
        ),
        declare(
            crm.ApiRequest, _("Answers of the API that can be repeated"), account="account", texts="key body", unique="key",
            sealed="fingerprint", removes=NAMES_GO, keeps=_("That the request was answered, so that it does nothing twice."),
        ),
        declare(
            crm.EmbedIntegration, _("CRMs that show invoices"), account="account", texts="name", plain="issuer origins",
            sealed="secret", removes=NAMES_GO,
        ),
        declare(
            crm.PipedriveCompany, _("Pipedrive companies"), account="account", texts="name",
            plain="api_domain webhook_ids status_field invoiced_field paid_field outstanding_field",
            sealed="webhook_key webhook_password", removes=NAMES_GO,
        ),
        declare(
            crm.AccountEvent, _("Trail"), account="account", texts="data", plain="kind", removes=NAMES_GO,
            keeps=_("Order, count, time, kind and who did it, by key: the trail stays whole."),
        ),
    ]  # fmt: skip


def _installation() -> list[Declaration]:
    return [
        declare(crm.Account, _("Accounts"), plain="name currency time_zone", keeps=_("The company that uses the CRM.")),
        declare(crm.SignInAttempts, _("Failed sign-ins"), sealed="key", keeps=_("Keyed digests that name nobody.")),
        declare(crm.SpentContext, _("Used tokens of frames"), plain="token_id", keeps=NOBODY),
        declare(crm.CrmEvent, _("Webhooks of another CRM"), plain="event_id", keeps=NOBODY),
        declare(
            crm.Erasure, _("Erasures"), plain="label state last_key counts", sealed="subject",
            keeps=_("That there was one, and how many rows it changed. Whom it was about is sealed, and emptied at its end."),
        ),
    ]  # fmt: skip


def _people() -> list[Declaration]:
    nothing: dict[str, Any] = {
        "email": "",
        "custom": lambda row, label: {},
        "external_source": "",
        "external_id": "",
    }
    parts = dict.fromkeys(("address", "street", "city", "region", "postal_code", "country"), "")
    user = {
        "username": lambda row, label: f"erased-{row.pk}", "first_name": "", "last_name": "", "email": "",
        # No password fits what begins so.
        "password": "!erased", "last_login": None, "is_active": False,
    }  # fmt: skip
    return [
        declare(
            crm.Person, _("Contacts"), account="account", texts="name phone custom", addresses="email",
            own=lambda subject: Q(pk__in=subject.persons), emptied={"name": LABEL, "phone": "", **nothing},
            removes=_("Name, address, phone, custom fields and the other CRM’s key; a label stands for the name."),
            keeps=_("That deals had a contact."),
        ),
        declare(
            crm.Organization, _("Organizations"), account="account",
            texts="name address street city region postal_code country custom",
            own=lambda subject: Q(pk__in=subject.organizations),
            emptied={"name": LABEL, **parts, **{key: value for key, value in nothing.items() if key != "email"}},
            removes=_("Of a chosen one all but a label; in others names are replaced."), keeps=_("Which deals it had."),
        ),
        declare(
            get_user_model(), _("Sign-ins"), account="member__account", own=member_is("member"), emptied=user, sealed="password",
            removes=_("Sign-in name, address, password."), keeps=_("The key, so that the trail stays whole."),
        ),
        declare(
            crm.Member, _("Team members"), account="account", plain="role deals_seen",
            own=lambda subject: Q(pk__in=subject.members),
            emptied={"name": LABEL, "language": "", "time_zone": "", "wants_email": False},
            removes=_("The name; a label stands for it."), keeps=_("The key, the role and what they did."),
        ),
    ]  # fmt: skip


def _in_other_crms(subject: Subject) -> list[Elsewhere]:
    """Return the person's rows of other CRMs: read again, they are here again."""
    rows: list[crm.Person | crm.Organization] = [
        *crm.Person.objects.filter(pk__in=subject.persons, account=subject.account).exclude(external_id=""),
        *crm.Organization.objects.filter(pk__in=subject.organizations, account=subject.account).exclude(external_id=""),
    ]  # fmt: skip
    names = {"pipedrive": "Pipedrive", "api": _("the program that pushes deals")}
    return [
        Elsewhere(
            str(names.get(row.external_source, row.external_source)), f"{row.name} (#{row.external_id})"
        )
        for row in rows
    ]
