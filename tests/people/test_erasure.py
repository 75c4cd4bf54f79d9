"""Erasure: nothing of the person is left in any column of any table, and bookkeeping, order and counts stand."""

import contextlib
import json
import logging
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.apps import apps
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection as database
from django.test import Client
from django.utils import timezone

from deals.erasure import engine, runs
from deals.erasure.document import privacy_table
from deals.erasure.registry import declarations, text_fields
from deals.erasure.subject import SubjectRefused, subject_of
from deals.erasure.words import Replacer, needles
from deals.models import (
    AccountEvent,
    ApiRequest,
    CustomField,
    Deal,
    DealLine,
    EmailChange,
    Erasure,
    ImportFile,
    Invitation,
    Member,
    Person,
    TimelineEntry,
)
from deals.tasks import erasures_work
from deals.trail import event_add
from quickbooks_bridge.models import Customer, Invoice, InvoiceIntent, InvoiceRecord, Notification
from quickbooks_bridge.services.invoicing.records import broken_entry, records_continue
from quickbooks_bridge.services.sync.company import sync_company
from tests.bridge.test_invoice_lifecycle import form_data, seen
from tests.fixtures import PASSWORD, ROOT, make_deal, make_member, sign_in

pytestmark = pytest.mark.django_db
NAME, ADDRESS, PHONE = "Zoraïda Øvrelid", "zora.o@secret-place.example", "+47 990 11 222"
PATH = "/team/erase/"


def everything() -> Iterator[tuple[str, str]]:
    """Every value of every table of the database as text, with JSON read, and where it stands."""
    with database.cursor() as cursor:
        for table in database.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')
            names = [column[0] for column in cursor.description or ()]
            for row in cursor.fetchall():
                for name, value in zip(names, row, strict=True):
                    text = str(value)
                    if text[:1] in "{[":
                        with contextlib.suppress(ValueError):
                            text += json.dumps(json.loads(text), ensure_ascii=False)
                    yield f"{table}.{name}", text.casefold()


def places(*words: str) -> set[str]:
    """The columns that hold one of the words."""
    needles = [word.casefold() for word in words]
    return {where for where, text in everything() for needle in needles if needle in text}


def erase(browser: Client, *who: str, also: str = "", password: str = PASSWORD, word: str = "erase"):
    sent = {"do": "erase", "who": who, "also": also, "password": password, "word": word}
    return browser.post(PATH, sent)


@pytest.fixture
def client(admin):
    return sign_in(admin.member)


@pytest.fixture
def contact(account) -> Person:
    return Person.objects.create(
        account=account, name=NAME, email=ADDRESS, phone=PHONE, custom={"born": "May 4", "nick": f"{NAME}!"},
        external_source="pipedrive", external_id="77",
    )  # fmt: skip


@pytest.fixture
def planted(client, account, connection, contact) -> Deal:
    """A contact's deal, billed, sent, voided in part of its history: as people do it, and in what other programs left."""
    CustomField.objects.create(account=account, entity="deal", key="site", label="Site")
    stage = make_deal(account, title="Other").stage
    sent = {"title": f"Garden of {NAME}", "person": contact.pk, "stage": stage.pk, "status": "open", "value": "1500",
            "currency": "USD", "custom_site": f"at {NAME}'s", "custom-site": f"at {NAME}'s"}  # fmt: skip
    assert client.post("/deals/new/", sent).status_code == 302
    deal = Deal.objects.get(title__startswith="Garden")
    client.post(f"/deals/{deal.pk}/edit/", sent | {"title": f"Bigger garden of {NAME}"})
    DealLine.objects.create(deal=deal, name="Desk", comment=f"for {NAME.upper()}", quantity=3, unit_price=500)
    form = form_data(
        connection, new_display_name=NAME, to=NAME, email=ADDRESS, address="1 Elm St\nAustin, TX 78701",
        message=f"Dear {NAME}", **{"lines-0-description": f"Desk for {NAME}"},
    )  # fmt: skip
    assert client.post(f"/deals/{deal.pk}/invoices/new/", form).status_code == 302
    invoice = Invoice.objects.get(deal=deal)
    assert (
        client.post(f"/invoices/{invoice.pk}/send/", {"to": ADDRESS, "seen": seen(invoice)}).status_code
        == 302
    )
    client.post(
        f"/deals/{deal.pk}/invoices/check/", form_data(connection, token="t2", to=NAME, email=ADDRESS)
    )
    sync_company(connection, now=datetime.now(UTC))
    records_continue()
    client.post("/team/", {"email": ADDRESS, "name": NAME, "role": "rep"})
    now = timezone.now()
    ApiRequest.objects.create(
        account=account, key=f"for {NAME}", fingerprint="f", status=200, body={"name": NAME}, created_at=now
    )
    ImportFile.objects.create(
        account=account, member=connection.owner, kind="person", name="people.csv", columns=["Name", "Street"],
        rows=[["Ann Other", "Hill 1"], [NAME, "Elm 1"]], created_at=now,
    )  # fmt: skip
    Notification.objects.create(
        account=account,
        member=connection.owner,
        kind="failed",
        key="k",
        data={"customer": NAME},
        created_at=now,
    )
    return deal


def test_nothing_of_a_contact_is_left_in_any_column_of_any_table(client, account, planted, contact, caplog):
    before = places(NAME, ADDRESS, PHONE)
    assert len(before) > 12, before
    caplog.set_level(logging.DEBUG)
    answer = erase(client, f"person:{contact.pk}")
    assert answer.status_code == 302, answer.content.decode()
    row = Erasure.objects.get()
    assert row.state == "done"
    assert places(NAME, ADDRESS, PHONE) == set()
    assert places("Øvrelid") == set()
    assert NAME not in caplog.text
    assert ADDRESS not in caplog.text
    page = client.get(answer["Location"]).content.decode()
    assert "Erased person 1" in page
    for path in (
        f"/deals/{planted.pk}/",
        "/deals/",
        "/people/",
        "/team/trail/",
        "/quickbooks/",
        "/quickbooks/receivables/",
    ):
        assert client.get(path).status_code == 200, path


def test_bookkeeping_order_and_counts_stand(client, planted, contact, connection):
    invoice = Invoice.objects.get(deal=planted)
    rows = InvoiceRecord.objects.filter(invoice=invoice)

    def facts() -> Any:
        return (
            Invoice.objects.filter(pk=invoice.pk).values_list(
                "qbo_id", "doc_number", "total", "balance", "total_tax", "txn_date", "due_date", "deal", "customer_qbo_id"
            )[0],
            list(TimelineEntry.objects.filter(deal=planted).values_list("pk", "kind", "occurred_at", "actor")),
            InvoiceIntent.objects.filter(deal=planted).values_list("state", "expected_total", "request_id")[0],
            Deal.objects.filter(pk=planted.pk).values_list("value", "currency", "status")[0],
            AccountEvent.objects.exclude(kind="erased").count(),
        )  # fmt: skip

    before, sealed = facts(), list(rows.values_list("number", "digest"))
    assert erase(client, f"person:{contact.pk}").status_code == 302
    assert facts() == before
    assert list(rows.values_list("number", "digest"))[: len(sealed)] == sealed
    assert broken_entry(rows.all()) is None
    assert rows.filter(kind="erased").exists()
    page = client.get(f"/invoices/{invoice.pk}/history/").content.decode()
    assert "Nothing of this was changed" in page
    # What an erasure left is sealed, too.
    sent = rows.get(kind="sent")
    rows.filter(pk=sent.pk).update(data={**sent.data, "attempts": 9})
    assert broken_entry(rows.all()) == sent.number


def test_another_account_is_untouched(client, planted, contact, stranger):
    other = Person.objects.create(account=stranger.account, name=NAME, email=ADDRESS)
    deal = make_deal(stranger.account, title=f"For {NAME}", person=other)
    event_add(stranger.account, "joined", actor=None, what=NAME)
    assert erase(client, f"person:{contact.pk}", f"person:{other.pk}").status_code == 302
    other.refresh_from_db()
    deal.refresh_from_db()
    assert (other.name, other.email, deal.title) == (NAME, ADDRESS, f"For {NAME}")
    assert AccountEvent.objects.filter(account=stranger.account, data__what=NAME).exists()
    assert sign_in(stranger.member).get(f"{PATH}{Erasure.objects.get().pk}/").status_code == 404
    assert sign_in(stranger.member).get(f"{PATH}{Erasure.objects.get().pk}/receipt/").status_code == 404


@pytest.fixture
def former(account, client) -> Member:
    member = make_member(account, ADDRESS)
    Member.objects.filter(pk=member.pk).update(name=NAME)
    member.user.email = ADDRESS
    member.user.first_name = NAME
    member.user.save()
    browser = sign_in(member)
    browser.post(
        "/account/password/", {"old_password": PASSWORD, "new_password1": "b" * 14, "new_password2": "b" * 14}
    )
    EmailChange.objects.create(user=member.user, email=ADDRESS, digest="d", expires_at=timezone.now())
    Invitation.objects.create(
        account=account, email=ADDRESS, digest="e", created_at=timezone.now(), expires_at=timezone.now()
    )
    make_deal(account, owner=member)
    client.post(
        f"/team/{member.pk}/",
        {"role": "rep", "may_view": "on", "deals_seen": "own", "deals": "", "version": 0},
    )
    client.post(f"/team/{member.pk}/end/")
    return member


def test_a_former_member_stays_as_a_label_by_whom_things_were_done(client, former, account):
    events = list(AccountEvent.objects.order_by("pk").values_list("pk", "kind", "actor"))
    assert len(events) >= 3
    assert "auth_user.username" in places(ADDRESS)
    assert erase(client, f"member:{former.pk}").status_code == 302
    assert places(NAME, ADDRESS) == set()
    kept = AccountEvent.objects.exclude(kind="erased").order_by("pk").values_list("pk", "kind", "actor")
    assert list(kept) == events
    former.refresh_from_db()
    former.user.refresh_from_db()
    assert (former.name, former.user.is_active, former.user.has_usable_password()) == (
        "Erased person 1",
        False,
        False,
    )
    trail = client.get("/team/trail/").content.decode()
    assert "Erased person 1" in trail
    assert Deal.objects.filter(owner=former).exists()
    assert "Erased person 1" in client.get("/team/").content.decode()


def test_who_can_sign_in_oneself_and_the_last_owner_are_refused(client, admin, rep, account):
    for key, words in (
        (f"member:{rep.member.pk}", "can still sign in"),
        (f"member:{admin.member.pk}", "cannot erase yourself"),
    ):
        answer = erase(client, key)
        assert answer.status_code == 422
        assert words in answer.content.decode()
    owner = make_member(account, "olga", "owner")
    assert "last owner" in erase(client, f"member:{owner.pk}").content.decode()
    make_member(account, "otto", "owner")
    owner.user.is_active = False
    owner.user.save()
    assert "Only an owner erases an owner" in erase(client, f"member:{owner.pk}").content.decode()
    assert "Choose at least one" in erase(client).content.decode()
    assert not Erasure.objects.exists()


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"password": "wrong"}, "not your password"),
        ({"word": "yes"}, "by a slip"),
        ({"password": ""}, "required"),
    ],
)
def test_it_is_confirmed_by_a_word_and_the_password(client, contact, given, words):
    answer = erase(client, f"person:{contact.pk}", **given)
    assert answer.status_code == 422
    assert words in answer.content.decode()
    contact.refresh_from_db()
    assert contact.name == NAME


def test_reps_see_none_of_it(rep, contact):
    browser = sign_in(rep.member)
    assert browser.get(PATH)["Location"] == "/team/"
    assert browser.post(PATH, {"words": NAME})["Location"] == "/team/"
    assert erase(browser, f"person:{contact.pk}")["Location"] == "/team/"
    contact.refresh_from_db()
    assert contact.name == NAME


def test_the_preview_says_what_goes_what_stays_and_where_else_the_person_is(client, planted, contact):
    found = client.post(PATH, {"words": "øvrelid"[1:]}).content.decode()
    assert NAME in found
    assert f'value="person:{contact.pk}"' in found
    page = client.post(PATH, {"do": "preview", "who": [f"person:{contact.pk}"]}).content.decode()
    for words in (
        "Change log of deals",
        "accounting records",
        "QuickBooks ·",
        "Pipedrive",
        "Copies of QuickBooks’ customers",
    ):
        assert words in page
    assert places(NAME) != set()
    assert not Erasure.objects.exists()


def test_what_is_held_is_handed_out_without_secrets(client, planted, contact, former):
    answer = client.post(PATH, {"do": "export", "who": [f"person:{contact.pk}"]})
    assert answer["Content-Disposition"].startswith("attachment")
    body = json.loads(answer.content)
    records = {one["record"]: one["rows"] for one in body["records"]}
    assert records["Contacts"][0]["phone"] == PHONE
    assert records["Copies of QuickBooks’ customers"][0]["email"] == ADDRESS
    text = answer.content.decode()
    for secret in ("access_token", "digest", '"password": "md5', "Ann Other"):
        assert secret not in text
    event = AccountEvent.objects.get(kind="handed.out")
    assert event.data["what"] == f"contact {contact.pk}"


def test_what_is_held_about_a_former_member_has_no_digest_of_their_password(client, former):
    answer = client.post(PATH, {"do": "export", "who": [f"member:{former.pk}"]})
    records = {one["record"]: one["rows"] for one in json.loads(answer.content)["records"]}
    assert records["Sign-ins"][0]["email"] == ADDRESS
    assert "password" not in records["Sign-ins"][0]
    assert former.user.password not in answer.content.decode()


def test_the_receipt_names_nobody(client, planted, contact):
    erase(client, f"person:{contact.pk}")
    row = Erasure.objects.get()
    answer = client.get(f"{PATH}{row.pk}/receipt/")
    body = json.loads(answer.content)
    assert {one["record"] for one in body["records"]} >= {"Contacts", "Invoices", "Trail"}
    assert body["found_in_last_pass"] == 0
    assert NAME not in answer.content.decode()
    event = AccountEvent.objects.get(kind="erased")
    assert event.data["what"] == "Erased person 1"
    assert event.data["changes"]["Person"] == ["", "1"]


def test_a_run_that_was_interrupted_goes_on_and_counts_each_row_once(admin, account, contact, monkeypatch):
    monkeypatch.setattr(engine, "CHUNK", 3)
    for at in range(10):
        make_deal(account, title=f"{at} for {NAME}", person=contact)
    subject = subject_of(account, [f"person:{contact.pk}"])
    row = runs.erasure_begin(admin.member, subject, now=timezone.now())
    assert NAME not in str(list(Erasure.objects.values()))
    step = next(at for at, one in enumerate(declarations()) if one.model is Deal)
    while Erasure.objects.get().step <= step and Erasure.objects.get().counts.get("Deal", 0) < 6:
        runs.erasure_continue(row.pk, now=timezone.now(), chunks=1)
    # The process died in the middle of a chunk: nothing of it is written, and its lease runs out.
    with monkeypatch.context() as patch:
        patch.setattr(engine, "_advance", lambda *args, **more: (_ for _ in ()).throw(SystemExit))
        with pytest.raises(SystemExit):
            runs.erasure_continue(row.pk, now=timezone.now())
    assert Deal.objects.filter(title__contains=NAME).count() == 4
    assert runs.erasure_continue(row.pk, now=timezone.now()) is None
    Erasure.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    erasures_work()
    row.refresh_from_db()
    assert (row.state, row.counts["Deal"], row.counts["Person"]) == ("done", 10, 1)
    assert places(NAME) == set()


def test_a_run_whose_key_is_gone_holds_nobody_up(admin, account, contact, caplog):
    runs.erasure_begin(admin.member, subject_of(account, [f"person:{contact.pk}"]), now=timezone.now())
    Erasure.objects.update(subject="sealed by a key that is gone")
    other = Person.objects.create(account=account, name="Ann Lee")
    runs.erasure_begin(admin.member, subject_of(account, [f"person:{other.pk}"]), now=timezone.now())
    assert runs.erasures_continue(now=timezone.now()) == 2
    assert sorted(Erasure.objects.values_list("number", "state")) == [(1, "running"), (2, "done")]
    assert "cannot be read" in caplog.text


def test_what_is_written_while_it_runs_is_found_by_the_next_pass(admin, account, contact):
    subject = subject_of(account, [f"person:{contact.pk}"])
    row = runs.erasure_begin(admin.member, subject, now=timezone.now())
    runs.erasure_continue(row.pk, now=timezone.now(), chunks=len(declarations()))
    make_deal(account, title=f"Late for {NAME}")
    assert runs.erasure_continue(row.pk, now=timezone.now()).state == "done"
    assert places(NAME) == set()


def test_an_invoice_that_is_not_confirmed_is_waited_for(client, planted, contact):
    InvoiceIntent.objects.update(state="unknown")
    answer = erase(client, f"person:{contact.pk}")
    assert "not confirmed yet" in answer.content.decode()
    assert not Erasure.objects.exists()


def test_whoever_has_the_same_name_keeps_it(client, account, contact):
    twin = Person.objects.create(account=account, name=NAME, email="other@twin.example")
    theirs = make_deal(account, title=f"{NAME} the other", person=twin)
    own = make_deal(account, title=f"{NAME} the one", person=contact)
    page = client.post(PATH, {"do": "preview", "who": [f"person:{contact.pk}"]}).content.decode()
    assert "Somebody else here is called" in page
    erase(client, f"person:{contact.pk}")
    for row in (twin, theirs, own):
        row.refresh_from_db()
    assert (twin.name, theirs.title, own.title) == (NAME, f"{NAME} the other", "Erased person 1 the one")
    assert places(ADDRESS) == set()


def test_names_of_one_word_are_replaced_where_they_stand_alone(client, account):
    person = Person.objects.create(account=account, name="Open", email="o@open.example")
    deal = make_deal(account, title="Open house", status="open")
    event_add(account, "joined", actor=None, what="Open")
    erase(client, f"person:{person.pk}")
    deal.refresh_from_db()
    assert (deal.title, deal.status) == ("Open house", "open")
    assert AccountEvent.objects.filter(kind="joined", data__what="Erased person 1").exists()


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Ann Lee", "X"), ("ann  lee", "ann  lee"), ("for ANN LEE, now", "for X, now"), ("Lee, Ann", "X"), ("Joann Leeds", "Joann Leeds"),
        ("a@b.example", ""), ("mail a@b.example.", "mail X."), ("ba@b.example", "ba@b.example"), ("x.a@b.example", "x.a@b.example"),
        ("a@b.example.org", "a@b.example.org"),
    ],
)  # fmt: skip
def test_texts_lose_the_person_and_nobody_else(text, left):
    replacer = Replacer("X", anywhere=["Ann Lee", "a@b.example"], whole=[], near=[])
    assert replacer.text(text) == left
    assert replacer.value({"k": [text, 7]}) == {"k": [left, 7]}


def test_addresses_of_a_list_lose_the_persons(contact):
    replacer = Replacer("X", anywhere=["a@b.example"], whole=[], near=[])
    assert replacer.addresses("c@d.example, A@b.example") == "c@d.example"
    assert replacer.addresses("a@b.example") == ""
    assert replacer.addresses("c@d.example; e@f.example") == "c@d.example; e@f.example"


@pytest.mark.parametrize(
    ("term", "found"),
    [
        ("Zoraïda Øvrelid", ["vrelid"]), ("a+b@c.example", ["a+b@c.example"]), ("Ann", ["ann"]), ("+47 990 11 222", ["990"]),
    ],
)  # fmt: skip
def test_columns_are_searched_for_what_no_spelling_changes(term, found):
    assert needles((term,)) == found
    assert {"佐藤", json.dumps("佐藤")[1:-1]} <= set(needles(("佐藤",)))


@pytest.mark.parametrize("name", ["佐藤 健", "Пётр Ильич", "Þórr Øø", 'O\'Brien & "Sons"'])
def test_names_of_any_script_are_found_however_they_are_stored(client, account, name):
    person = Person.objects.create(
        account=account, name=name, email="x@any-script.example", custom={"nick": name.upper()}
    )
    event_add(account, "joined", actor=None, what=f"{name} <x@any-script.example>")
    deal = make_deal(account, title=f"for {name.upper()}, again", custom={"k": [name]})
    assert erase(client, f"person:{person.pk}").status_code == 302
    deal.refresh_from_db()
    assert (deal.title, deal.custom) == ("for Erased person 1, again", {"k": ["Erased person 1"]})
    assert places(name, "any-script") == set()


@pytest.mark.parametrize("label", ["deals", "quickbooks_bridge"])
def test_every_table_and_every_text_of_it_is_declared(label):
    known = {one.model: one for one in declarations()}
    models = list(apps.get_app_config(label).get_models())
    assert len(models) > 25
    assert [model.__name__ for model in models if model not in known] == []
    undeclared = {model.__name__: sorted(text_fields(model) - known[model].fields) for model in models}
    assert {name: fields for name, fields in undeclared.items() if fields} == {}
    for model in models:
        names = {field.name for field in model._meta.concrete_fields}
        assert known[model].fields <= names, model
        searched = known[model].searched | known[model].addresses
        assert not searched or known[model].account, (
            f"{model.__name__} is looked through, so its account must be known"
        )


def test_the_table_of_the_privacy_page_is_current():
    page = (ROOT / "docs/privacy.md").read_text()
    assert privacy_table() in page, (
        "write what deals.erasure.document.privacy_table() returns into docs/privacy.md"
    )


def test_the_command_lists_counts_and_erases(admin, account, contact, capsys):
    call_command("erase_person", "ada", "vrelid")
    assert f"person:{contact.pk}" in capsys.readouterr().out
    call_command("erase_person", "ada", NAME, "--who", f"person:{contact.pk}")
    assert "Nothing was changed" in capsys.readouterr().out
    assert places(NAME) != set()
    call_command("erase_person", "ada", NAME, "--who", f"person:{contact.pk}", "--erase")
    said = capsys.readouterr().out
    assert "Erased person 1" in said
    assert NAME not in said
    assert places(NAME, ADDRESS) == set()
    with pytest.raises(CommandError):
        call_command("erase_person", "nobody", NAME)
    with pytest.raises(SubjectRefused):
        subject_of(account, ["person:999999", "x", "person:y"])


def test_what_quickbooks_sends_again_is_here_again_and_was_said(client, planted, contact, connection):
    erase(client, f"person:{contact.pk}")
    invoice = Invoice.objects.get(deal=planted)
    copy = Customer.objects.get(company=connection.company, qbo_id=invoice.customer_qbo_id)
    assert (copy.display_name, copy.email, copy.search_text) == ("Erased person 1", "", "erased person 1")
    # Read again only when QuickBooks says something newer.
    sync_company(connection, now=datetime.now(UTC))
    copy.refresh_from_db()
    assert copy.display_name == "Erased person 1"
