"""Messages that must reach a person once: decided in a row, sent by the dispatch, tried again until sent."""

import hashlib
import logging
from datetime import date, datetime, timedelta
from smtplib import SMTPRecipientsRefused
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMessage
from django.utils import translation
from django.utils.translation import gettext as _

from crm_invoicing.ui.templatetags.ui import day_text, moment
from deals.mail import mail_is_set_up
from deals.models import Member
from deals.notification_choices import choices_of, is_wanted, quiet_until, zone_of
from quickbooks_bridge.models import ActionItem, Connection, InvoiceIntent, InvoicingSettings, Notification
from quickbooks_bridge.selectors.connections import company_zone

logger = logging.getLogger(__name__)

RECONNECT, EXPIRES, REFUSED, DELAY, REMIND = "reconnect", "expires", "refused", "delay", "remind"
BLOCK, BLOCK_OVER = "reads_block", "reads_block_over"
FAILING = "keeps_failing"
# Their words are decided with them, in the language of whom they go to.
ISSUE, ASSIGNED, DIGEST = "issue", "assigned", "digest"
WORDED = frozenset({ISSUE, ASSIGNED, DIGEST})
# What members choose by (deals.notification_choices.TOPICS); a digest is chosen by itself.
TOPIC_OF = {
    RECONNECT: "connection", EXPIRES: "connection", DELAY: "connection", BLOCK: "connection",
    BLOCK_OVER: "connection", REFUSED: "invoices", FAILING: "invoices", REMIND: "assigned",
}  # fmt: skip
EXPIRY_NOTICE = timedelta(days=30)
# What could not be sent for so long tells nobody anything new.
DROP_AFTER = timedelta(days=7)
# From here on a mail server's refusal is for good.
NO_SUCH_MAILBOX = 500
PAUSE, LONGEST = timedelta(minutes=2), timedelta(hours=6)


def notify_disconnected(connection_id: int, *, now: datetime) -> None:
    """Have the owner told that only signing in again helps; once for each time they connected."""
    row = Connection.objects.filter(pk=connection_id).first()
    if row is not None and _is_notified(row.account_id, "notify_disconnected"):
        notifications_enqueue([_notification(row, RECONNECT, f"{row.connected_at.isoformat()}", now)])


def notify_consent_expiry(*, now: datetime) -> None:
    """Have owners told whose consent ends within thirty days."""
    ending = Connection.objects.filter(
        status=Connection.Status.ACTIVE,
        consent_expires_at__lt=now + EXPIRY_NOTICE,
        consent_expires_at__gt=now,
    ).exclude(account__invoicing_settings__notify_disconnected=False)
    notifications_enqueue([_notification(row, EXPIRES, row.connected_at.isoformat(), now) for row in ending])


def notify_invoice_failed(intent: InvoiceIntent, *, now: datetime) -> None:
    """Have the creator told that an invoice was refused while nobody waited; once for each refusal."""
    if not _is_notified(intent.account_id, "notify_invoice_failed"):
        return
    notifications_enqueue(
        [
            Notification(
                account_id=intent.account_id,
                member_id=intent.member_id,
                kind=REFUSED,
                key=f"{REFUSED}:{intent.pk}:{intent.request_id}",
                data={"deal": intent.deal.title, "deal_id": intent.deal_id},
                created_at=now,
                next_try_at=now,
            )
        ]
    )


def notify_keeps_failing(intent: InvoiceIntent, *, now: datetime) -> None:
    """Notify the creator and the admins that an invoice could not be created however often it was tried; once each."""
    admins = Member.objects.filter(account_id=intent.account_id, role__in=Member.ADMINS)
    told = {intent.member_id, *admins.values_list("pk", flat=True)}
    data = {"deal": intent.deal.title, "deal_id": intent.deal_id, "tries": str(intent.attempts)}
    notifications_enqueue(
        [
            Notification(
                account_id=intent.account_id,
                member_id=pk,
                kind=FAILING,
                key=f"{FAILING}:{intent.pk}:{intent.request_id}:{pk}",
                data=data,
                created_at=now,
                next_try_at=now,
            )
            for pk in sorted(told)
        ]
    )


def reminder_enqueue(intent: InvoiceIntent, *, by: Member, now: datetime) -> bool:
    """Have the creator of a refused invoice reminded, at most once a day; False when that was done already."""
    row = Notification(
        account_id=intent.account_id,
        member_id=intent.member_id,
        kind=REMIND,
        key=reminder_key(intent, now=now),
        data={"deal": intent.deal.title, "deal_id": intent.deal_id, "by": by.name},
        created_at=now,
        next_try_at=now,
    )
    if Notification.objects.filter(key=row.key).exists():
        return False
    notifications_enqueue([row])
    return True


def reminder_key(intent: InvoiceIntent, *, now: datetime) -> str:
    """Return the key of today's reminder of an intent."""
    return f"{REMIND}:{intent.pk}:{now.date().isoformat()}"


def notify_sync_delayed(connection: Connection, *, outage: int, since: datetime, now: datetime) -> None:
    """Have the account's admins told that changes have not come for long; once for each outage."""
    admins = Member.objects.filter(account_id=connection.account_id, role__in=Member.ADMINS)
    zone = company_zone(connection).key
    data = {"company": connection.company.name, "since": since.isoformat(), "zone": zone}
    notifications_enqueue(
        [
            Notification(
                account_id=connection.account_id,
                member_id=pk,
                kind=DELAY,
                key=f"{DELAY}:{outage}:{pk}",
                data=data,
                created_at=now,
                next_try_at=now,
            )
            for pk in admins.values_list("pk", flat=True)
        ]
    )


def notify_reads_blocked(block: int, *, is_over: bool, now: datetime) -> None:
    """Notify the admins of every connected account that QuickBooks refuses reads, or serves them again; once for each block."""
    connected = Connection.objects.filter(status=Connection.Status.ACTIVE).values("account_id")
    admins = Member.objects.filter(account_id__in=connected, role__in=Member.ADMINS)
    kind = BLOCK_OVER if is_over else BLOCK
    notifications_enqueue(
        [
            Notification(
                account_id=account,
                member_id=pk,
                kind=kind,
                key=f"{kind}:{block}:{pk}",
                created_at=now,
                next_try_at=now,
            )
            for pk, account in admins.values_list("pk", "account_id")
        ]
    )


def _is_notified(account_id: int, switch: str) -> bool:
    """Return whether the account wants a kind of message; what nobody switched off is wanted."""
    return not InvoicingSettings.objects.filter(account_id=account_id, **{switch: False}).exists()


def _notification(row: Connection, kind: str, occurrence: str, now: datetime) -> Notification:
    day = row.consent_expires_at.date().isoformat() if row.consent_expires_at else ""
    return Notification(
        account_id=row.account_id,
        member_id=row.owner_id,
        kind=kind,
        key=f"{kind}:{row.pk}:{occurrence}",
        data={"company": row.company.name, "until": day},
        created_at=now,
        next_try_at=now,
    )


def notifications_enqueue(notices: list[Notification]) -> None:
    """Keep messages that are to go out; one whose key is known already is not kept again."""
    if notices:
        Notification.objects.bulk_create(notices, ignore_conflicts=True)


def notification_send(pk: int, *, now: datetime) -> bool:
    """Send a due notice; its next try is moved first, so that two workers never send it both."""
    row = (
        Notification.objects.select_related("member__user", "member__account")
        .filter(pk=pk, sent_at=None)
        .first()
    )
    if row is None or row.next_try_at is None or row.next_try_at > now:
        return False
    if not mail_is_set_up():
        # Nothing counts as sent that nobody can have got.
        Notification.objects.filter(pk=pk).update(next_try_at=now + LONGEST)
        return False
    if row.created_at < now - DROP_AFTER:
        row.delete()
        logger.warning("notice dropped: too old to be of use", extra={"notice": pk, "about": row.kind})
        return False
    if _waits_or_skipped(row, now=now):
        return False
    wait = min(PAUSE * 2 ** min(row.attempts, 10), LONGEST)
    mine = Notification.objects.filter(pk=pk, next_try_at=row.next_try_at, sent_at__isnull=True)
    if not mine.update(next_try_at=now + wait, attempts=min(row.attempts + 1, 30_000)):
        return False
    if not row.member.user.email:
        Notification.objects.filter(pk=pk).update(next_try_at=None)
        logger.warning("notice not sent: the member has no address", extra={"notice": pk})
        return False
    return _deliver(row, now=now)


def _waits_or_skipped(row: Notification, *, now: datetime) -> bool:
    """Return whether a notice is not to be sent now: its reader wants none, is not to be disturbed, or it is over."""
    choices = choices_of(row.member)
    topic = TOPIC_OF.get(row.kind) or str(row.data.get("topic", ""))
    if not row.member.wants_email or not is_wanted(choices, topic) or _is_over(row):
        Notification.objects.filter(pk=row.pk).update(next_try_at=None, is_skipped=True)
        logger.info("notice skipped", extra={"notice": row.pk, "about": row.kind})
        return True
    quiet = None if row.kind == DIGEST else quiet_until(choices, zone_of(row.member), now=now)
    if quiet is not None:
        Notification.objects.filter(pk=row.pk).update(next_try_at=quiet)
    return quiet is not None


def _is_over(row: Notification) -> bool:
    """Return whether the issue that a notice is about is over by now."""
    item = row.data.get("item")
    open_ones = ActionItem.objects.filter(pk=item, solved_at__isnull=True, gone_at__isnull=True)
    return isinstance(item, int) and not open_ones.exists()


def _deliver(row: Notification, *, now: datetime) -> bool:
    mine = Notification.objects.filter(pk=row.pk)
    try:
        _mail(row, row.member.user.email).send()
    except SMTPRecipientsRefused as error:
        if all(code >= NO_SUCH_MAILBOX for code, _words in error.recipients.values()):
            mine.update(next_try_at=None, data={**row.data, "is_refused": True})
        logger.warning("notice not sent: the mail server refuses the address", extra={"notice": row.pk})
        return False
    except OSError as error:  # SMTP's own errors are OSErrors too
        logger.warning("notice not sent", extra={"notice": row.pk, "kind": type(error).__name__})
        return False
    mine.update(sent_at=now, next_try_at=None)
    logger.info("notice sent", extra={"notice": row.pk, "about": row.kind})
    return True


def _mail(row: Notification, address: str) -> EmailMessage:
    # Nobody's browser asks here: without a choice of the member it is the installation's language.
    with translation.override(getattr(row.member, "language", "") or settings.LANGUAGE_CODE):
        subject, text, path = _message(row)
    # The same for every try: a mail program shows it once should a try have got through unnoticed.
    identity = hashlib.sha256(row.key.encode()).hexdigest()[:32]
    host = urlsplit(settings.PUBLIC_URL).hostname or "localhost"
    return EmailMessage(
        " ".join(subject.split()),
        f"{text}\n\n{settings.PUBLIC_URL}{path}\n",
        to=[address],
        headers={"Message-ID": f"<{identity}@{host}>"},
    )


def _message(row: Notification) -> tuple[str, str, str]:
    """Return subject, text and the path of the page that helps."""
    if row.kind in WORDED:
        return str(row.data["subject"]), str(row.data["text"]), str(row.data["path"])
    names = {
        "company": row.data.get("company") or "QuickBooks",
        "until": _day(row.data.get("until", "")),
        "deal": row.data.get("deal", ""),
        "since": _moment(row.data.get("since", ""), row.data.get("zone", "")),
        "by": row.data.get("by", ""),
        "tries": row.data.get("tries", ""),
    }
    path = "/quickbooks/"
    if row.kind == EXPIRES:
        subject = _("Reconnect %(company)s before %(until)s")
        text = _(
            "QuickBooks ends every consent after five years; the one for %(company)s ends on %(until)s. "
            "Reconnect before that day and nothing is interrupted. It takes a minute:"
        )
    elif row.kind in {REFUSED, REMIND, FAILING}:
        path = f"/deals/{row.data.get('deal_id', '')}/?tab=invoice"
        subject, text = _about_invoice(row.kind)
    elif row.kind == BLOCK:
        path = "/quickbooks/health/"
        subject = _("QuickBooks’ monthly reads are used up")
        text = _(
            "QuickBooks refuses to be read by this installation until the month is over. Creating invoices goes on; "
            "statuses show what was known before. It ends by itself on the 1st. How it stands:"
        )
    elif row.kind == BLOCK_OVER:
        path = "/quickbooks/health/"
        subject = _("QuickBooks can be read again")
        text = _("What changed meanwhile is being fetched now. How it stands:")
    elif row.kind == DELAY:
        path = "/quickbooks/health/"
        subject = _("Changes in %(company)s do not show at the moment")
        text = _(
            "QuickBooks could not be read since %(since)s, so deals show what we knew then. It is tried again by "
            "itself and nothing is lost. How it stands:"
        )
    else:
        subject = _("%(company)s needs you to sign in again")
        text = _(
            "QuickBooks no longer accepts the connection to %(company)s. Until you reconnect, invoices cannot be "
            "created and status stops updating. Nothing is lost: reconnecting keeps every link. It takes a minute:"
        )
    return subject % names, text % names, path


def _day(text: str) -> str:
    """Return a kept day as the reader's language writes it."""
    return day_text(date.fromisoformat(text)) if text else ""


def _moment(text: str, zone: str) -> str:
    """Return a kept moment as the reader's language writes it; before, its words were kept, which stay."""
    return moment(datetime.fromisoformat(text), zone) if zone else text


def _about_invoice(kind: str) -> tuple[str, str]:
    """Return subject and text about one invoice that was not created, before the names are filled in."""
    if kind == REFUSED:
        subject = _("QuickBooks refused the invoice for %(deal)s")
        text = _(
            "The invoice for %(deal)s was not confirmed at first, and QuickBooks has now refused it. Nothing was "
            "created. The deal says why and leads back to the form with everything you wrote:"
        )
    elif kind == REMIND:
        subject = _("%(by)s reminds you of the invoice for %(deal)s")
        text = _(
            "QuickBooks refused the invoice for %(deal)s and nothing was created. It waits for you. The deal says why "
            "and leads back to the form with everything you wrote:"
        )
    else:
        subject = _("The invoice for %(deal)s could not be created")
        text = _(
            "QuickBooks failed %(tries)s times to create the invoice for %(deal)s, although it answers everything else. "
            "We looked: the invoice is not there, and it is not tried again. Open the form from the deal and create it "
            "again; everything that was written is kept. Should it fail again, create it in QuickBooks: it will show here:"
        )
    return subject, text
