"""The inbox: who sees which issue, what people decide about it, what comes back, what support gets."""

import json
from datetime import UTC, date, datetime, timedelta

import pytest
from django.core import mail
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from deals.models import AccountEvent, Deal, Member
from quickbooks_bridge.models import (
    ActionItem,
    Connection,
    Invoice,
    InvoiceIntent,
    InvoicingSettings,
    Notification,
    UnreadableObject,
)
from quickbooks_bridge.needs_action.alerts import issues_check
from quickbooks_bridge.needs_action.inbox import solved_title
from quickbooks_bridge.selectors.pending_work import connections_with_issues
from quickbooks_bridge.services.operations.heartbeat import heartbeat_write
from quickbooks_bridge.services.operations.notifications import notification_send
from quickbooks_bridge.tasks.inbox import check_all_issues, check_issues
from tests.factories import connection_make

from ..fixtures import make_member, sign_in

pytestmark = pytest.mark.django_db
REALM = "9341455000000017"
PAGE = "/needs-action/"


def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
def connected(admin, account) -> Connection:
    heartbeat_write(now=now())
    return connection_make(account, admin.member, realm_id=REALM, name="Bluestem", connected_at=now(),
        import_state="done", last_sync_at=now(), time_zone="UTC",
    )  # fmt: skip


@pytest.fixture
def shared(account):
    type(account).objects.update(shares_invoices=True)
    account.refresh_from_db()


def refused(connection, deal, member=None, **facts) -> InvoiceIntent:
    problems = [{"code": "books_closed_there", "field": "", "params": {"code": "6210"}, "tid": "1-tid"}]
    values = {
        "account": deal.account, "deal": deal, "member": member or connection.owner, "company": connection.company,
        "token": "t", "request_id": "r1", "payload": {"CustomerRef": {"value": "1", "name": "Quill & Sons"}},
        "currency": "USD", "expected_total": 1623, "created_at": now(), "finished_at": now(), "state": "rejected",
        "problems": problems,
    }  # fmt: skip
    return InvoiceIntent.objects.create(**{**values, **facts})


def odd_invoice(connection, deal, **facts) -> Invoice:
    values = {
        "company": connection.company, "qbo_id": "q1", "doc_number": "1071", "customer_qbo_id": "7",
        "customer_name": "Quill & Sons", "txn_date": date(2026, 3, 1), "total": 1623, "balance": 1623, "deal": deal,
        "alarm": "tax_zero", "alarm_cause": "exempt", "created_by_app": True, "mirrored_at": now(),
    }  # fmt: skip
    return Invoice.objects.create(**{**values, **facts})


def unreadable(connection, **facts) -> UnreadableObject:
    values = {
        "entity": "Invoice",
        "qbo_id": "77",
        "reason": "TxnDate",
        "first_seen_at": now(),
        "last_seen_at": now(),
    }
    return UnreadableObject.objects.create(company=connection.company, **{**values, **facts})


def shown(viewer, tab: str = "mine") -> str:
    return sign_in(viewer.member).get(PAGE, {"tab": tab}).content.decode()


def post(viewer, action: str, key: str, **more):
    return sign_in(viewer.member).post(f"{PAGE}{action}/", {"key": key, **more}, follow=True)


def test_each_sees_their_own_and_admins_all(connected, deal, admin, rep, stranger, shared):
    mine = refused(connected, deal, rep.member)
    unreadable(connected)
    page = shown(rep)
    assert f'id="issue-intent-{mine.pk}"' in page
    assert "could not be understood" not in page
    assert '<span class="bubble">1</span>' in page
    assert "Everybody’s" not in page
    # An admin's own list has what is nobody's in particular; what is a rep's stands under everybody's.
    page = shown(admin)
    assert f'id="issue-intent-{mine.pk}"' not in page
    assert "Invoice 77 of QuickBooks could not be understood" in page
    assert '<span class="bubble">1</span>' in page
    assert f'id="issue-intent-{mine.pk}"' in shown(admin, "all")
    other = make_member(admin.account, "olga")
    assert "issue-intent" not in sign_in(other).get(PAGE, {"tab": "all"}).content.decode()
    assert "issue-" not in shown(stranger, "all")


def test_a_card_says_what_who_when_and_how(connected, deal, admin, shared):
    refused(connected, deal)
    page = shown(admin)
    for words in (
        "Invoice for Quill fit-out was refused",
        "Needs action from",
        "Not by itself",
        "Open the form",
        "Support bundle",
    ):
        assert words in page
    odd_invoice(connected, deal)
    page = shown(admin)
    assert "Invoice 1071: No tax although lines are taxable" in page
    assert "Your accountant" in page
    assert "It is right" in page


def test_figures_are_their_creators_and_hidden_from_who_sees_no_invoices(connected, deal, admin, rep, shared):
    invoice = odd_invoice(connected, deal)
    refused(connected, deal, rep.member, state="succeeded", invoice=invoice)
    assert "Invoice 1071" in shown(rep)
    Member.objects.filter(pk=rep.member.pk).update(may_view=False)
    assert "Invoice 1071" not in shown(rep)


def test_deals_that_are_not_seen_are_not_named(connected, deal, admin, rep, shared):
    refused(connected, deal, rep.member)
    Deal.objects.update(owner=admin.member)
    Member.objects.filter(pk=rep.member.pk).update(deals_seen="own")
    assert "Quill fit-out" not in shown(rep)


def test_it_is_given_to_somebody_who_can_act_and_they_are_notified(connected, deal, admin, rep, shared):
    intent = refused(connected, deal)
    key = f"intent-{intent.pk}"
    answer = post(admin, "assign", key, to=rep.member.pk, held="")
    assert "Rob has it now, and is notified." in answer.content.decode()
    assert key not in shown(admin)
    page = shown(admin, "all")
    assert '<dt>Assigned to</dt><dd class="strong">Rob</dd>' in page
    assert key in shown(rep)
    row = Notification.objects.get(kind="assigned")
    assert row.member == rep.member
    type(rep.member.user).objects.filter(pk=rep.member.user_id).update(email="rob@testers.example")
    assert notification_send(row.pk, now=now())
    assert "Ada gave you: Invoice for Quill fit-out was refused" in mail.outbox[-1].subject
    assert f"#issue-{key}" in mail.outbox[-1].body
    assert AccountEvent.objects.get(kind="issue.assigned").data["changes"] == {"assigned": ["", "Rob"]}
    post(rep, "assign", key, to="", held=rep.member.pk)
    assert key in shown(admin)


def test_two_who_assign_at_once_see_each_other(connected, deal, admin, rep, shared):
    intent = refused(connected, deal)
    key = f"intent-{intent.pk}"
    post(admin, "assign", key, to=rep.member.pk, held="")
    olga = make_member(admin.account, "olga", "admin")
    said = sign_in(olga).post(f"{PAGE}assign/", {"key": key, "to": olga.pk, "held": ""}, follow=True)
    assert "Somebody was faster: it belongs to Rob now." in said.content.decode()
    assert ActionItem.objects.get(key=key).assigned_to == rep.member


def test_nobody_gets_what_they_can_do_nothing_about(connected, deal, admin, rep, stranger, shared):
    row = unreadable(connected)
    said = post(admin, "assign", f"unreadable-{row.pk}", to=rep.member.pk, held="")
    assert "can do nothing about it" in said.content.decode()
    intent = refused(connected, deal)
    for member in (stranger.member.pk, "x", 999):
        post(admin, "assign", f"intent-{intent.pk}", to=member, held="")
    assert not ActionItem.objects.filter(assigned_to__isnull=False).exists()


def test_snoozed_it_is_gone_and_comes_back_by_itself(connected, deal, admin, time_machine_at):
    row = unreadable(connected)
    key = f"unreadable-{row.pk}"
    post(admin, "snooze", key, until="tomorrow")
    assert key not in shown(admin)
    assert "bubble" not in shown(admin)
    assert "Snoozed until" in shown(admin, "snoozed")
    with time_machine_at(now() + timedelta(days=2)):
        heartbeat_write(now=now())
        assert key in shown(admin)
    post(admin, "snooze", key, until="")
    assert key in shown(admin)
    assert sign_in(admin.member).post(f"{PAGE}snooze/", {"key": key, "until": "never"}).status_code == 404


@pytest.fixture
def time_machine_at():
    import time_machine

    return lambda at: time_machine.travel(at, tick=False)


def test_settled_it_comes_back_only_when_it_happens_anew(connected, admin):
    row = unreadable(connected, changed_at=now() - timedelta(hours=1))
    key = f"unreadable-{row.pk}"
    issues_check(connected, now=now())
    post(admin, "solve", key)
    assert key not in shown(admin)
    issues_check(connected, now=now())
    assert key not in shown(admin)
    assert "Solved by Ada" in shown(admin, "solved")
    # Changed again and still not understood: that is a new case.
    UnreadableObject.objects.update(changed_at=now())
    assert key in shown(admin)
    assert issues_check(connected, now=now()) == 1
    post(admin, "solve", key)
    # It was understood, and then it was not: a new case too.
    UnreadableObject.objects.all().delete()
    issues_check(connected, now=now())
    UnreadableObject.objects.create(
        pk=row.pk, company=connected.company, entity="Invoice", qbo_id="77", reason="x", changed_at=row.changed_at,
        first_seen_at=now(), last_seen_at=now(),
    )  # fmt: skip
    assert issues_check(connected, now=now()) == 1
    assert key in shown(admin)


def test_what_was_settled_too_early_is_brought_back(connected, admin):
    key = f"unreadable-{unreadable(connected).pk}"
    post(admin, "solve", key)
    assert "Not solved after all" in shown(admin, "solved")
    post(admin, "reopen", key)
    assert key in shown(admin)


def test_settling_a_refusal_and_odd_figures_settles_the_thing_itself(connected, deal, admin, shared):
    intent, invoice = refused(connected, deal), odd_invoice(connected, deal)
    post(admin, "solve", f"intent-{intent.pk}")
    post(admin, "solve", f"alarm-{invoice.pk}")
    intent.refresh_from_db()
    invoice.refresh_from_db()
    assert intent.dismissed_at is not None
    assert invoice.alarm == "checked"
    page = shown(admin, "solved")
    assert "Invoice for Quill fit-out was refused" in page
    assert "Figures of invoice 1071 were not the expected ones" in page
    assert AccountEvent.objects.filter(kind="issue.solved").count() == 2


def test_who_may_not_create_settles_no_invoice(connected, deal, rep, shared):
    intent = refused(connected, deal, rep.member)
    Member.objects.filter(pk=rep.member.pk).update(may_create=False)
    said = post(rep, "solve", f"intent-{intent.pk}")
    assert "takes the right to create invoices" in said.content.decode()
    intent.refresh_from_db()
    assert intent.dismissed_at is None


def test_facts_cannot_be_called_settled(connected, admin):
    Connection.objects.update(status="needs_reconnect")
    said = post(admin, "solve", "reconnect")
    assert "This is over only once its cause is." in said.content.decode()
    assert "QuickBooks needs a new sign-in" in shown(admin)


def test_what_is_over_or_somebody_elses_is_said(connected, deal, admin, stranger, shared):
    intent = refused(connected, deal)
    key = f"intent-{intent.pk}"
    for viewer_action in ("assign", "snooze", "solve", "reopen"):
        connection_make(stranger.account, stranger.member, realm_id="1", name="Other", connected_at=now(),
            import_state="done") if not Connection.objects.filter(account=stranger.account).exists() else None  # fmt: skip
        said = post(stranger, viewer_action, key, to="", until="tomorrow")
        assert "This is solved already" in said.content.decode()
    assert not ActionItem.objects.exists()


def test_the_task_mails_new_things_once_and_ends_what_is_gone(connected, deal, admin, rep, shared):
    row = unreadable(connected)
    check_issues()
    check_issues()
    notice = Notification.objects.get(kind="issue")
    assert notice.member == admin.member
    assert "could not be understood" in notice.data["subject"]
    row.delete()
    check_issues()
    item = ActionItem.objects.get()
    assert item.gone_at is not None
    assert item.solved_at is not None
    assert item.solved_by is None
    assert "By itself" in shown(admin, "solved")
    # What is over by then is not mailed any more.
    type(admin.member.user).objects.update(email="ada@testers.example")
    assert not notification_send(notice.pk, now=now())
    notice.refresh_from_db()
    assert notice.is_skipped
    assert not mail.outbox


def test_one_account_that_cannot_be_checked_keeps_no_other_from_it(connected, admin, stranger, monkeypatch):
    other = connection_make(stranger.account, stranger.member, realm_id="2", name="Other", connected_at=now(),
        import_state="done", last_sync_at=now(), time_zone="UTC")  # fmt: skip
    for connection in (connected, other):
        unreadable(connection)
    real = issues_check

    def fails(connection, *, now):
        if connection.pk == connected.pk:
            raise RuntimeError
        return real(connection, now=now)

    monkeypatch.setattr("quickbooks_bridge.tasks.inbox.issues_check", fails)
    check_issues()
    assert [row.account for row in ActionItem.objects.all()] == [stranger.account]


def test_refusals_are_mailed_by_their_own_notification_alone(connected, deal, admin):
    refused(connected, deal)
    check_issues()
    assert not Notification.objects.filter(kind="issue").exists()
    assert ActionItem.objects.filter(kind="refused").exists()


def test_odd_figures_are_mailed_to_their_creator(connected, deal, admin, rep, shared):
    invoice = odd_invoice(connected, deal)
    refused(connected, deal, rep.member, state="succeeded", invoice=invoice)
    Member.objects.filter(pk=rep.member.pk).update(language="nb")
    check_issues()
    row = Notification.objects.get(kind="issue")
    assert row.member == rep.member
    assert row.data["subject"].startswith("Faktura 1071")


def test_a_gone_field_is_found_within_the_hour(connected, admin):
    InvoicingSettings.objects.update_or_create(
        account=admin.account, defaults={"to_field": "deal.custom.gone"}
    )
    check_issues()
    assert not ActionItem.objects.exists()
    check_all_issues()
    assert ActionItem.objects.get().kind == "mapping"


def test_accounts_with_nothing_to_say_cost_one_statement(connected):
    with CaptureQueriesContext(database) as queries:
        assert list(connections_with_issues(now=now())) == []
    assert len(queries) == 1


def test_the_bubble_costs_one_statement_for_everybody(connected, deal, admin, rep, shared):
    for viewer in (admin, rep):
        client = sign_in(viewer.member)
        client.get("/products/")
        with CaptureQueriesContext(database) as queries:
            client.get("/products/")
        of_inbox = [one for one in queries if "actionitem" in one["sql"]]
        assert len(of_inbox) == 1


def test_statements_do_not_grow_with_issues(connected, deal, admin, shared):
    client = sign_in(admin.member)

    def statements() -> int:
        with CaptureQueriesContext(database) as queries:
            assert client.get(PAGE, {"tab": "all"}).status_code == 200
        return len(queries)

    def one_more(at: int) -> None:
        refused(connected, deal, token=f"t{at}")
        odd_invoice(connected, deal, qbo_id=f"q{at}")
        unreadable(connected, qbo_id=str(at))

    one_more(0)
    few = statements()
    for at in range(1, 8):
        one_more(at)
    assert statements() <= few


def test_support_bundle_has_ids_codes_and_times_and_neither_names_nor_amounts(connected, deal, admin, shared):
    intent = refused(connected, deal)
    odd_invoice(connected, deal)
    unreadable(connected)
    issues_check(connected, now=now())
    client = sign_in(admin.member)
    answer = client.get(f"{PAGE}support.json")
    assert answer["Content-Disposition"].startswith('attachment; filename="support-account-')
    bundle = json.loads(answer.content)
    assert bundle["connection"]["realm_id"] == REALM
    by_kind = {one["kind"]: one for one in bundle["issues"]}
    (problem,) = by_kind["refused"]["intent"]["problems"]
    assert (problem["problem"], problem["code"], problem["intuit_tid"]) == (
        "books_closed_there",
        "6210",
        "1-tid",
    )
    assert by_kind["refused"]["intent"]["request_id"] == "r1"
    assert by_kind["figures"]["invoice"]["alarm"] == "tax_zero"
    assert by_kind["unreadable"]["object"]["reason"] == "TxnDate"
    text = answer.content.decode()
    for hidden in ("Quill", "Ada", "Testers", "1623", "1071", "Bluestem", "quill.example"):
        assert hidden not in text
    one = json.loads(client.get(f"{PAGE}support.json", {"key": f"intent-{intent.pk}"}).content)
    assert [issue["kind"] for issue in one["issues"]] == ["refused"]


def test_support_bundles_are_for_who_sees_the_issue(connected, deal, admin, rep, stranger, shared):
    intent = refused(connected, deal)
    assert sign_in(rep.member).get(f"{PAGE}support.json").status_code == 404
    for viewer in (rep, stranger):
        assert (
            sign_in(viewer.member).get(f"{PAGE}support.json", {"key": f"intent-{intent.pk}"}).status_code
            == 404
        )


def test_every_kind_has_words_for_the_solved_list(admin):
    import re
    from pathlib import Path

    package = Path(__file__).resolve().parents[2] / "quickbooks_bridge/needs_action"
    source = "".join(path.read_text() for path in package.glob("*.py"))
    kinds = set(re.findall(r'Issue\(\s*f?"[^"]+",\s*"([a-z_]+)"', source))
    assert len(kinds) >= 17
    for kind in kinds:
        assert solved_title(ActionItem(kind=kind, subject="x")) != "Something needed somebody", kind
