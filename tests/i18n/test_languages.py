"""Whose language: the person's choice, then the browser's, then English; everything on a page is in that one."""

import re
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
import time_machine
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils.translation import override

from crm_invoicing.ui.templatetags.ui import day_text, money_text
from deals.forms import typed_number
from deals.models import Product
from quickbooks_bridge.domain.money import parse_decimal
from quickbooks_bridge.models import Customer, CustomerLink, Notification
from quickbooks_bridge.services.operations.notifications import notification_send
from quickbooks_bridge.views.customer_invoices import _typed_day
from tests.fixtures import sign_in

NOW = datetime(2026, 3, 13, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("asked", "spoken"),
    [
        ("nb", "nb"), ("nb-NO,nb;q=0.9,en;q=0.8", "nb"), ("no", "nb"), ("no-NO", "nb"), ("nn", "nb"), ("nn-NO,nn;q=0.9", "nb"),
        ("de-DE,nb;q=0.5", "nb"), ("de", "en"), ("sv-SE,da;q=0.9", "en"), ("en-GB", "en"), ("", "en"), ("*", "en"), ("nb;q=x, \0", "en"),
    ],
)  # fmt: skip
def test_a_page_speaks_what_the_browser_asks_for(rep, asked, spoken):
    answer = Client(headers={"accept-language": asked}).get(reverse("login"))
    page = answer.content.decode()
    assert f'<html lang="{spoken}">' in page
    assert ("Logg på" in page) == (spoken == "nb")
    assert answer.headers["Content-Language"] == spoken
    assert "Accept-Language" in answer.headers["Vary"]


@pytest.mark.parametrize("path", ["login", "deals:deal_list"])
def test_a_choice_stays_whatever_the_browser_asks_for(rep, path):
    """The forms are plain posts: they work without script and name the language in itself."""
    client = sign_in(rep.member) if path != "login" else Client()
    page = client.get(reverse(path)).content.decode()
    buttons = re.findall(r'<button name="language" value="(\w+)"\s+lang="(\w+)"[^>]*>(\w+)</button>', page)
    assert buttons == [("en", "en", "English"), ("nb", "nb", "Norsk")]
    answer = client.post(reverse("set_language"), {"language": "nb", "next": reverse(path)})
    assert answer.headers["Location"] == reverse(path)
    page = client.get(reverse(path), headers={"accept-language": "en"}).content.decode()
    assert '<html lang="nb">' in page
    assert ">English</button>" in page
    assert re.search(r'value="nb"\s+lang="nb"\s+[^>]*(pressed|checked)="true"', page)
    client.post(reverse("set_language"), {"language": "xx", "next": "https://elsewhere.example/"})
    assert '<html lang="nb">' in client.get(reverse(path)).content.decode()


def test_the_language_of_an_account_is_spoken_in_every_browser(rep):
    type(rep.member).objects.filter(pk=rep.member.pk).update(language="nb")
    client = sign_in(rep.member)
    page = client.get(reverse("deals:deal_list"), headers={"accept-language": "en"})
    assert '<html lang="nb">' in page.content.decode()
    assert page.headers["Content-Language"] == "nb"
    # A choice in this browser comes first, and one that is no language here counts for nothing.
    client.post(reverse("set_language"), {"language": "en", "next": "/"})
    assert '<html lang="en">' in client.get(reverse("deals:deal_list")).content.decode()
    type(rep.member).objects.filter(pk=rep.member.pk).update(language="xx")
    other = sign_in(rep.member).get(reverse("deals:deal_list"), headers={"accept-language": "nn"})
    assert '<html lang="nb">' in other.content.decode()


def test_a_choice_of_the_top_bar_is_the_members_own(rep, admin):
    """Chosen in one browser it holds in every other; a stranger's choice is nobody's."""
    client = sign_in(rep.member)
    client.post(reverse("set_language"), {"language": "nb", "next": "/"})
    rep.member.refresh_from_db()
    assert rep.member.language == "nb"
    other = sign_in(rep.member).get(reverse("deals:deal_list"), headers={"accept-language": "en"})
    assert '<html lang="nb">' in other.content.decode()
    for strange in ("xx", "", "nn-x"):
        client.post(reverse("set_language"), {"language": strange, "next": "/"})
    client.get(reverse("set_language"), {"language": "en"})
    Client().post(reverse("set_language"), {"language": "en", "next": "/"})
    rep.member.refresh_from_db()
    admin.member.refresh_from_db()
    assert (rep.member.language, admin.member.language) == ("nb", "")


def test_a_language_that_is_not_there_falls_back_to_english(rep, settings):
    client = Client(headers={"accept-language": "fi-FI,sv;q=0.8"})
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "fi"
    assert '<html lang="en">' in client.get(reverse("login")).content.decode()


@pytest.mark.parametrize(
    ("chosen", "inviters", "subject"),
    [
        ("nb", "en", "Ada inviterer deg til Testers"),
        ("en", "nb", "Ada invites you to Testers"),
        ("", "nb", "Ada inviterer deg til Testers"),
        ("", "en", "Ada invites you to Testers"),
    ],
)
def test_an_invitation_is_in_the_language_that_the_inviter_chose(admin, settings, chosen, inviters, subject):
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    client = sign_in(admin.member)
    client.post(reverse("set_language"), {"language": inviters, "next": "/"})
    page = client.get(reverse("people:list")).content.decode()
    assert re.search(rf'<option value="{inviters}" selected>', page), "the inviter's own is offered first"
    sent = {"email": "new@team.example", "name": "", "role": "rep", "language": chosen}
    assert client.post(reverse("people:list"), sent).status_code == 200
    assert [one.subject for one in mail.outbox] == [subject]
    assert client.post(reverse("people:list"), sent | {"language": "xx"}).status_code == 422


@pytest.mark.parametrize(
    ("language", "browser", "is_norwegian"),
    [("nb", "en", True), ("en", "nb", False), ("", "nb", True), ("xx", "en", False)],
)
def test_a_reset_mail_is_in_the_language_of_who_gets_it(rep, settings, language, browser, is_norwegian):
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    type(rep.member).objects.filter(pk=rep.member.pk).update(language=language)
    rep.member.user.email = "rob@team.example"
    rep.member.user.save()
    client = Client(headers={"accept-language": browser})
    assert client.post(reverse("account:reset"), {"email": "rob@team.example"}).status_code == 302
    assert ("Somebody, hopefully you" not in mail.outbox[0].body) is is_norwegian


def test_errors_outside_of_pages_are_translated(db):
    client = Client(headers={"accept-language": "nb"}, raise_request_exception=False)
    assert "Det finnes ingenting på denne adressen" in client.get("/deals/nowhere/at/all/").content.decode()
    problem = client.get("/api/v1/deals/").json()
    assert problem["errors"][0]["detail"] == "Manglende autentiseringsinformasjon."


def test_dates_and_money_follow_the_language():
    with override("nb"):
        assert day_text(date(2026, 3, 13)) == "13. mars 2026"
        assert money_text(Decimal("1234.5"), "NOK") == "1\u00a0234,50\u00a0kr"
        assert money_text(Decimal("-1234.5"), "USD") == "-1\u00a0234,50\u00a0USD"
    with override("en"):
        assert day_text(date(2026, 3, 13)) == "Mar 13, 2026"
        assert money_text(Decimal("1234.5"), "NOK") == "NOK\u00a01,234.50"


@pytest.mark.parametrize(
    "text",
    [
        "13.03.2026",
        "13.3.26",
        "13/3/2026",
        "13/3",
        "13. mars 2026",
        "13 mar",
        "2026-03-13",
        "i dag",
        "March 13",
    ],
)
def test_days_are_read_as_norwegians_write_them(text):
    with override("nb"):
        assert _typed_day(text, today=date(2026, 3, 13)) == date(2026, 3, 13)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1 234,50", "1234.50"), ("1\u00a0234,50", "1234.50"), ("1.234,50", "1234.50"), ("1234,5", "1234.5"), ("-12,5", "-12.5"),
        ("1,250", "1.250"), ("1.250", "1.250"), ("1250.50", "1250.50"), ("1250", "1250"), ("1,2,3", "1,2,3"), ("12 kr", "12 kr"),
    ],
)  # fmt: skip
def test_numbers_are_read_as_norwegians_write_them(text, number):
    with override("nb"):
        assert typed_number(text) == number


@pytest.mark.parametrize(
    ("text", "number"),
    [("1,234.50", "1234.50"), ("1 234.50", "1234.50"), ("1,250", "1250"), ("1,5", "1,5"), ("1.5", "1.5")],
)
def test_numbers_are_read_as_the_english_write_them(text, number):
    with override("en"):
        assert typed_number(text) == number


@pytest.mark.parametrize(
    "text", ["1 234,50", "1\u00a0234,50", "1\u202f234,50", "1.234,50", "1234,50", "1234.50"]
)
def test_the_invoice_form_reads_norwegian_numbers_in_every_company(text):
    for is_comma_decimal in (True, False):
        assert parse_decimal(text, is_comma_decimal=is_comma_decimal) == Decimal("1234.50")


def test_a_price_comes_back_as_it_is_written(account, admin):
    client = sign_in(admin.member)
    client.post(reverse("set_language"), {"language": "nb", "next": "/"})
    sent = {
        "name": "Pult",
        "unit_price": "1 234,50",
        "currency": "NOK",
        "tax_percent": "25",
        "is_active": "on",
    }
    assert client.post(reverse("deals:product_new"), sent).status_code == 302
    row = Product.objects.get(name="Pult")
    assert row.unit_price == Decimal("1234.50")
    page = client.get(reverse("deals:product_edit", args=[row.pk])).content.decode()
    assert 'value="1234,5"' in page
    refused = client.post(reverse("deals:product_new"), sent | {"unit_price": "mye"}).content.decode()
    assert "Skriv et tall, for eksempel 1250,50." in refused


def notice(member, kind: str, **data: str) -> Notification:
    return Notification.objects.create(
        account=member.account,
        member=member,
        kind=kind,
        key=f"{kind}:1",
        data=data,
        created_at=NOW,
        next_try_at=NOW,
    )


@pytest.mark.parametrize(
    ("language", "subject"),
    [("nb", "Koble til Ås Bygg på nytt før 1. mai 2026"), ("", "Reconnect Ås Bygg before May 1, 2026")],
)
def test_an_email_is_in_the_language_of_who_gets_it(admin, settings, language, subject):
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    member = admin.member
    member.user.email = "ada@company.example"
    member.user.save()
    type(member).objects.filter(pk=member.pk).update(language=language)
    row = notice(member, "expires", company="Ås Bygg", until="2026-05-01")
    # The browser of whoever made it happen decides nothing.
    with override("en" if language else "nb"):
        assert notification_send(row.pk, now=NOW)
    assert [one.subject for one in mail.outbox] == [subject]


@pytest.mark.parametrize(("data", "said"), [
    ({"since": "2026-03-13T08:00:00+00:00", "zone": "Europe/Oslo"}, "siden 13. mars, 09:00, så"),
    ({"since": "08:00"}, "siden 08:00, så"),
])  # fmt: skip
def test_a_moment_in_an_email_is_said_in_its_language(admin, settings, data, said):
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    member = admin.member
    member.user.email = "ada@company.example"
    member.user.save()
    type(member).objects.filter(pk=member.pk).update(language="nb")
    with time_machine.travel(NOW, tick=False):
        assert notification_send(notice(member, "delay", company="Ås Bygg", **data).pk, now=NOW)
    assert said in mail.outbox[0].body


def test_heads_of_a_csv_file_are_in_the_language_of_who_asked(connection, deal, admin):
    customer = Customer.objects.filter(company=connection.company).first()
    assert customer is not None
    CustomerLink.objects.create(
        company=connection.company,
        organization=deal.organization,
        customer_qbo_id=customer.qbo_id,
        linked_at=connection.connected_at,
    )
    client = sign_in(admin.member)
    client.post(reverse("set_language"), {"language": "nb", "next": "/"})
    answer = client.get(reverse("quickbooks:export_csv", args=[deal.pk]))
    head = b"".join(answer.streaming_content).decode().splitlines()[0]
    assert (
        head
        == '\ufeff"Faktura","Status","Fakturadato","Forfall","Laget i","Kunde","Avtale","Valuta","Totalt","Restbeløp"'
    )
