"""What people are notified of, and when: topics, quiet hours, digests."""

from datetime import UTC, datetime, timedelta
from smtplib import SMTPRecipientsRefused
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.core import mail

from deals.models import Member, NotificationChoices
from deals.notification_choices import choices_of, next_digest, quiet_until
from quickbooks_bridge.models import Notification, UnreadableObject
from quickbooks_bridge.needs_action.digest import digests_due
from quickbooks_bridge.services.operations.heartbeat import heartbeat_write
from quickbooks_bridge.services.operations.notifications import notification_send
from tests.factories import connection_make

from ..fixtures import sign_in

OSLO = ZoneInfo("Europe/Oslo")
NIGHT = {"quiet_from": 20, "quiet_until": 7}


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=OSLO)


@pytest.mark.parametrize(
    ("choices", "now", "end"),
    [
        (NIGHT, "2026-11-30 19:59", None),
        (NIGHT, "2026-11-30 20:00", "2026-12-01 07:00"),
        (NIGHT, "2026-12-01 06:59", "2026-12-01 07:00"),
        (NIGHT, "2026-12-01 07:00", None),
        ({"quiet_from": 12, "quiet_until": 13}, "2026-12-01 12:30", "2026-12-01 13:00"),
        ({"is_quiet_at_weekends": True}, "2026-12-05 10:00", "2026-12-07 00:00"),
        # Friday night leads into the weekend, and the weekend into Monday's early hours.
        ({**NIGHT, "is_quiet_at_weekends": True}, "2026-12-04 22:00", "2026-12-07 07:00"),
        ({**NIGHT, "is_quiet_at_weekends": True}, "2026-12-04 12:00", None),
        # The night in which clocks are put forward is an hour shorter, and ends at seven all the same.
        (NIGHT, "2026-03-28 23:00", "2026-03-29 07:00"),
        ({}, "2026-12-05 03:00", None),
    ],
)
def test_quiet_hours_end_when_they_say(choices, now, end):
    found = quiet_until(NotificationChoices(**choices), OSLO, now=at(now).astimezone(UTC))
    assert found == (at(end) if end else None)


@pytest.mark.parametrize("weekends", [False, True])
def test_quiet_hours_always_end_within_four_days_and_are_over_then(weekends):
    for begin, end in ((0, 0), (0, 23), (23, 0), (20, 7), (7, 20), (2, 3), (23, 22)):
        choices = NotificationChoices(quiet_from=begin, quiet_until=end, is_quiet_at_weekends=weekends)
        # Two weeks around each change of clocks, by the half hour.
        for start in (datetime(2026, 3, 22, tzinfo=UTC), datetime(2026, 10, 18, tzinfo=UTC)):
            for halves in range(14 * 48):
                now = start + timedelta(minutes=30 * halves)
                found = quiet_until(choices, OSLO, now=now)
                if found is not None:
                    assert now < found <= now + timedelta(days=4)
                    assert quiet_until(choices, OSLO, now=found.astimezone(UTC)) is None


@pytest.mark.parametrize(
    ("digest", "hour", "now", "due"),
    [
        ("daily", 8, "2026-11-30 07:59", "2026-11-30 08:00"),
        ("daily", 8, "2026-11-30 08:00", "2026-12-01 08:00"),
        ("weekdays", 8, "2026-12-04 09:00", "2026-12-07 08:00"),
        ("weekly", 8, "2026-11-30 09:00", "2026-12-07 08:00"),
        ("daily", 2, "2026-03-28 12:00", "2026-03-29 02:00"),
        ("", 8, "2026-11-30 07:59", None),
    ],
)
def test_digests_are_due_when_they_say(digest, hour, now, due):
    choices = NotificationChoices(digest=digest, digest_hour=hour)
    found = next_digest(choices, OSLO, now=at(now).astimezone(UTC))
    assert found == (at(due) if due else None)


FORM = {
    "wants_email": "on", "topics": ["invoices", "assigned"], "quiet_from": "20", "quiet_until": "7",
    "is_quiet_at_weekends": "on", "digest": "weekdays", "digest_hour": "9",
}  # fmt: skip


@pytest.mark.django_db
def test_choices_are_kept_and_shown(rep):
    browser = sign_in(rep.member)
    assert browser.post("/account/notifications/", FORM).status_code == 302
    kept = choices_of(rep.member)
    assert (kept.quiet_from, kept.quiet_until, kept.digest, kept.digest_hour) == (20, 7, "weekdays", 9)
    assert set(kept.muted) == {"figures", "connection", "crm", "installation"}
    assert kept.next_digest_at is not None
    page = browser.get("/account/").content.decode()
    assert '<option value="20" selected>8 p.m.</option>' in page
    before = kept.next_digest_at
    browser.post("/account/", {"name": "Rob", "language": "", "time_zone": "Asia/Tokyo"})
    assert choices_of(rep.member).next_digest_at != before


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"quiet_until": ""}, "Quiet hours need a beginning and an end."),
        ({"quiet_from": ""}, "Quiet hours need a beginning and an end."),
        ({"quiet_until": "20"}, "begin and end at the same time"),
        ({"digest_hour": "24"}, "Select a valid choice"),
        ({"topics": ["gossip"]}, "Select a valid choice"),
    ],
)
def test_wrong_choices_are_refused_and_nothing_is_kept(rep, wrong, words):
    answer = sign_in(rep.member).post("/account/notifications/", {**FORM, **wrong})
    assert answer.status_code == 422
    if "topics" not in wrong:
        assert words in answer.content.decode()
    assert not NotificationChoices.objects.exists()


@pytest.fixture
def notice(admin):
    admin.member.user.email = "ada@testers.example"
    admin.member.user.save()
    now = datetime(2026, 12, 1, 22, tzinfo=OSLO)
    Member.objects.filter(pk=admin.member.pk).update(time_zone="Europe/Oslo")
    return Notification.objects.create(
        account=admin.account, member=admin.member, kind="reconnect", key="k", data={"company": "Bluestem"},
        created_at=now, next_try_at=now,
    )  # fmt: skip


@pytest.mark.django_db
def test_a_notification_waits_for_the_morning(admin, notice):
    NotificationChoices.objects.create(member=admin.member, **NIGHT)
    assert not notification_send(notice.pk, now=notice.created_at)
    notice.refresh_from_db()
    assert notice.next_try_at == datetime(2026, 12, 2, 7, tzinfo=OSLO)
    assert notice.attempts == 0
    assert notification_send(notice.pk, now=notice.next_try_at)
    assert len(mail.outbox) == 1


@pytest.mark.django_db
@pytest.mark.parametrize("how", ["topic", "all"])
def test_what_is_not_wanted_is_skipped_and_troubles_nobody(admin, notice, how):
    if how == "topic":
        NotificationChoices.objects.create(member=admin.member, muted=["connection"])
    else:
        Member.objects.update(wants_email=False)
    assert not notification_send(notice.pk, now=notice.created_at)
    notice.refresh_from_db()
    assert notice.is_skipped
    assert notice.next_try_at is None
    assert not mail.outbox


@pytest.fixture
def connected(admin, account):
    now = datetime.now(UTC)
    heartbeat_write(now=now)
    return connection_make(account, admin.member, realm_id="1", name="Bluestem", connected_at=now, import_state="done",
        last_sync_at=now, time_zone="UTC")  # fmt: skip


@pytest.mark.django_db
def test_a_digest_lists_what_is_open_once_in_the_readers_language(admin, connected):
    now = datetime.now(UTC)
    UnreadableObject.objects.create(
        company=connected.company,
        entity="Invoice",
        qbo_id="77",
        reason="x",
        first_seen_at=now,
        last_seen_at=now,
    )
    admin.member.user.email = "ada@testers.example"
    admin.member.user.save()
    Member.objects.update(language="nb")
    NotificationChoices.objects.create(member=admin.member, digest="daily", next_digest_at=now)
    assert digests_due(now=now) == 1
    assert digests_due(now=now) == 0
    row = Notification.objects.get(kind="digest")
    assert notification_send(row.pk, now=now)
    assert "Testers" in mail.outbox[0].subject
    assert "77" in mail.outbox[0].body
    assert "needs action" not in mail.outbox[0].subject
    assert NotificationChoices.objects.get().next_digest_at > now


@pytest.mark.django_db
def test_nothing_open_makes_no_digest(admin, connected):
    now = datetime.now(UTC)
    NotificationChoices.objects.create(member=admin.member, digest="daily", next_digest_at=now)
    with time_machine.travel(now, tick=False):
        assert digests_due(now=now) == 0
    assert not Notification.objects.exists()
    assert NotificationChoices.objects.get().next_digest_at > now


@pytest.mark.django_db
@pytest.mark.parametrize(("code", "is_for_good"), [(550, True), (451, False)])
def test_an_address_that_the_mail_server_refuses_is_said(
    admin, notice, connected, monkeypatch, code, is_for_good
):
    def refuse(*_args, **_more):
        raise SMTPRecipientsRefused({"ada@testers.example": (code, b"no such user here")})

    monkeypatch.setattr("django.core.mail.EmailMessage.send", refuse)
    assert not notification_send(notice.pk, now=notice.created_at)
    notice.refresh_from_db()
    assert (notice.next_try_at is None) == is_for_good
    page = sign_in(admin.member).get("/needs-action/?tab=all").content.decode()
    assert ("The mail server refuses this person’s address." in page) == is_for_good
    assert "ada@testers.example" not in page
