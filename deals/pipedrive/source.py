"""Pipedrive behind the seam of CRM sources."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import QuerySet

from deals.crm_source import CrmTrouble, Freshness, Wanted, WrittenBack
from deals.fields import MappableField, field_catalogue
from deals.models import Account, CrmCopy, CrmWrite, Deal, Member, PipedriveCompany, PipedriveToken
from deals.selectors import custom_field_facts

from .client import PipedriveClient
from .errors import PipedriveError, SignInNeeded
from .fields import known_fields
from .reading import deal_read
from .tokens import client_for

FIELDS = "fields"
NAME = "Pipedrive"
# It is seen to once a day; so long after that something is wrong.
STUCK = timedelta(days=1, hours=1)


class PipedriveSource:
    """Deals that are read from Pipedrive, and what is written back to it."""

    def load_deal(self, deal: Deal, member: Member | None, *, is_whole: bool, now: datetime) -> Freshness:
        """Read the deal in the member's name, else in an admin's; what was known stays where Pipedrive does not answer."""
        company = PipedriveCompany.objects.select_related("account").filter(account=deal.account_id).first()
        problem = "uninstalled"
        if company is not None and company.removed_at is None:
            try:
                client = _client(company, member)
                deal_read(company, client, deal.external_id, is_whole=is_whole, now=now)
                return Freshness(now)
            except PipedriveError as error:
                problem = error.code
        copy, _is_new = CrmCopy.objects.get_or_create(deal=deal)
        CrmCopy.objects.filter(pk=copy.pk).update(problem=problem)
        return Freshness(copy.lines_read_at if is_whole else copy.read_at, problem)

    def list_fields(self, account: Account) -> tuple[MappableField, ...]:
        """Return the fields that every deal has, and those of Pipedrive that an invoice may be filled from."""
        return field_catalogue(custom_field_facts(account))

    def wanted(self, account: Account) -> Wanted:
        """Return whether the account wants notes, and whether fields were chosen."""
        company = _installed(account.pk)
        if company is None:
            return Wanted()
        chosen = (company.status_field, company.invoiced_field, company.paid_field, company.outstanding_field)
        return Wanted(company.notes_since, any(chosen), can_be=True)

    def push_note(self, deal: Deal, key: str, text: str, *, is_old: bool, now: datetime) -> None:
        """Keep a note for the deal; a key that is known already changes nothing."""
        state = CrmWrite.State.SKIPPED if is_old else CrmWrite.State.DUE
        CrmWrite.objects.get_or_create(
            deal=deal, key=f"note:{key}", defaults={"body": {"text": text}, "due_at": now, "state": state}
        )

    def write_fields(self, deal: Deal, values: WrittenBack, *, now: datetime) -> None:
        """Keep the values of the chosen fields; a value that Pipedrive has already is not sent again."""
        company = _installed(deal.account_id)
        body = field_values(company, values) if company else {}
        if company is None or not body:
            return
        row, is_new = CrmWrite.objects.get_or_create(
            deal=deal, key=FIELDS, defaults={"body": body, "due_at": now}
        )
        if not is_new and row.body != body:
            CrmWrite.objects.filter(pk=row.pk).update(
                body=body, state=CrmWrite.State.DUE, due_at=now, attempts=0, lease_until=None
            )

    def deal_url(self, deal: Deal) -> str:
        """Return the deal's page in Pipedrive."""
        company = PipedriveCompany.objects.filter(account=deal.account_id).first()
        return f"{company.api_domain}/deal/{deal.external_id}" if company else ""

    def troubles(self, account: Account, *, now: datetime) -> list[CrmTrouble]:
        """Return permissions that ended, writes that failed for good, and a company that could not be set up for an hour."""
        company = _installed(account.pk) if settings.PIPEDRIVE_CLIENT_ID else None
        if company is None:
            return []
        found = []
        broken = PipedriveToken.objects.filter(
            identity__integration=company.integration_id, removed_at__isnull=True, broken_at__isnull=False
        )
        names = tuple(broken.order_by("pk").values_list("identity__member__name", flat=True))
        if names:
            found.append(CrmTrouble("sign_in", NAME, names, len(names)))
        failed = failed_writes(account).count()
        if failed:
            found.append(CrmTrouble("writes", NAME, count=failed))
        begun = company.set_up_at or company.installed_at
        if begun < now - STUCK and not names:
            found.append(CrmTrouble("set_up", NAME))
        return found


def failed_writes(account: Account) -> QuerySet[CrmWrite]:
    """Return writes that failed for good and may be tried again; those of an app that was gone are old by now."""
    rows = CrmWrite.objects.filter(deal__account=account, state=CrmWrite.State.FAILED)
    return rows.exclude(problem="uninstalled")


def _client(company: PipedriveCompany, member: Member | None) -> PipedriveClient:
    try:
        return client_for(company, member)
    except SignInNeeded:
        if member is None:
            raise
        return client_for(company)


def _installed(account_id: int) -> PipedriveCompany | None:
    return PipedriveCompany.objects.filter(account=account_id, removed_at__isnull=True).first()


def field_values(company: PipedriveCompany, values: WrittenBack) -> dict[str, object]:
    """Return the values of the chosen fields as Pipedrive takes them; a field that is gone there is left out."""
    types = {facts.key: facts.field_type for facts in known_fields(company.account)["deal"]}
    chosen: dict[str, object] = {}
    if types.get(company.status_field):
        chosen[company.status_field] = values.status
    for name in ("invoiced", "paid", "outstanding"):
        key = getattr(company, f"{name}_field")
        number = float(getattr(values, name))
        if types.get(key) == "monetary":
            chosen[key] = {"value": number, "currency": values.currency}
        elif types.get(key):
            chosen[key] = number
    return chosen
