"""Settings: what a new invoice is filled from, its preview, and presets."""

import re
from datetime import UTC, datetime

import pytest

from deals.models import CustomField
from quickbooks_bridge.models import InvoicePreset, InvoicingSettings, Term
from quickbooks_bridge.services.connections.lifecycle import settings_for
from tests.factories import connection_make

from ..fixtures import sign_in

pytestmark = pytest.mark.django_db

MAPPING = {
    "to_field": "organization.name",
    "address_field": "organization.address",
    "email_field": "person.email",
    "tax_id_field": "",
    "due_days": "7",
}


@pytest.fixture
def client(admin):
    return sign_in(admin.member)


@pytest.fixture
def vat(account, deal):
    deal.organization.custom = {"vat": "74-2981150"}
    deal.organization.save()
    return CustomField.objects.create(account=account, entity="organization", key="vat", label="VAT number")


def test_suggested_fields_are_preset_and_marked(client, vat):
    page = client.get("/quickbooks/").content.decode()
    assert re.search(
        r'<option value="organization.name"[^>]*selected[^>]*>Organization – Name \(suggested\)', page
    )
    assert re.search(r'<option value="organization.custom.vat"[^>]*selected', page)
    assert "Tax ID 74-2981150" in page


def test_saving_stores_all_five_for_the_account(client, account, vat):
    changes = {"email_field": "person.name", "tax_id_field": "organization.custom.vat", "due_days": "30"}
    assert client.post("/quickbooks/", {**MAPPING, **changes}).status_code == 302
    stored = InvoicingSettings.objects.get(account=account)
    assert (stored.email_field, stored.tax_id_field, stored.due_days) == (
        "person.name",
        "organization.custom.vat",
        30,
    )
    assert stored.saved_at


@pytest.mark.parametrize(
    ("days", "sentence"),
    [("-1", "Write 0 or more"), ("1000", "at most 999"), ("99999999999", "at most 999"), ("soon", "whole number"),
     ("", "whole number"), ("²", "whole number"), ("7.5", "whole number"), ("-", "whole number")],
)  # fmt: skip
def test_days_that_cannot_be_get_a_sentence_and_stay_typed(client, account, deal, days, sentence):
    answer = client.post("/quickbooks/", {**MAPPING, "due_days": days, "email_field": "person.name"})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert sentence in page
    assert f'value="{days}"' in page or not days
    assert re.search(r'<option value="person.name"[^>]*selected', page)
    assert settings_for(account).due_days == 7


def test_rep_sees_the_mapping_and_why_it_cannot_be_changed(rep, admin, account, deal):
    client = sign_in(rep.member)
    page = client.get("/quickbooks/").content.decode()
    assert "only an admin changes it" in page
    assert "Ada" in page
    answer = client.post("/quickbooks/", {**MAPPING, "due_days": "30"})
    assert "Only an admin changes these settings" in client.get(answer["Location"]).content.decode()
    assert settings_for(account).due_days == 7


def test_deleted_field_is_said_at_the_field_and_choosing_another_mends_it(client, account, vat):
    client.post(
        "/quickbooks/",
        {**MAPPING, "to_field": "organization.custom.vat", "tax_id_field": "organization.custom.vat"},
    )
    vat.delete()
    page = client.get("/quickbooks/").content.decode()
    assert "2 mapped fields no longer exist" in page
    assert page.count("The field chosen before no longer exists") == 2
    answer = client.post("/quickbooks/", {**MAPPING, "to_field": ""})
    assert "Choose what the invoice is addressed to" in answer.content.decode()
    assert client.post("/quickbooks/", MAPPING).status_code == 302
    assert "no longer exist" not in client.get("/quickbooks/").content.decode()


def test_deleted_field_is_said_on_the_new_invoice_too(client, account, admin, deal, vat):
    connection_make(account, admin.member, realm_id="1", connected_at=datetime.now(UTC), import_state="done")
    client.post("/quickbooks/", {**MAPPING, "tax_id_field": "organization.custom.vat"})
    form = f"/deals/{deal.pk}/invoices/new/"
    assert "no longer exists" not in client.get(form).content.decode()
    vat.delete()
    page = client.get(form).content.decode()
    assert "The CRM field chosen in the settings no longer exists" in page
    assert "74-2981150" not in page
    assert "Quill &amp; Sons" in page


def test_field_that_does_not_exist_is_refused(client, deal):
    answer = client.post("/quickbooks/", {**MAPPING, "email_field": "person.secret"})
    assert answer.status_code == 422
    assert "Choose another one" in answer.content.decode()


def test_preview_follows_what_is_typed_and_marks_what_changed(client, deal, vat):
    page = client.get(
        "/quickbooks/preview/", {**MAPPING, "email_field": "person.name", "due_days": "30", "deal": deal.pk}
    ).content.decode()
    assert "<mark>Quinn Quill</mark>" in page
    assert "<mark>Quill &amp; Sons</mark>" not in page
    assert "Issued" in page
    assert 'id="due-words" class="meta" hx-swap-oob="true"' in page
    page = client.get("/quickbooks/preview/", {**MAPPING, "due_days": "-4", "deal": deal.pk}).content.decode()
    assert "Write 0 or more" in page


def test_picker_searches_groups_and_shows_the_value_on_the_deal(client, deal, vat):
    page = client.get(
        "/quickbooks/fields/", {"q": "vat", "slot": "tax_id_field", "deal": deal.pk}
    ).content.decode()
    assert "1 of 7 fields matches" in page
    assert "<mark>VAT</mark> number" in page
    assert "Custom field" in page
    assert "74-2981150" in page
    assert "Leave empty" in page
    page = client.get(
        "/quickbooks/fields/", {"q": "person phone", "slot": "to_field", "deal": deal.pk}
    ).content.decode()
    assert "empty here" in page
    assert "Leave empty" not in page


def test_preview_and_picker_take_a_deal_of_the_own_account_only(deal, stranger):
    client = sign_in(stranger.member)
    for path in ("/quickbooks/preview/", "/quickbooks/fields/", "/quickbooks/"):
        assert client.get(path, {"deal": deal.pk}).status_code == 404
    assert client.get("/quickbooks/preview/", {"deal": "²"}).status_code == 200


PRESET = {
    "name": "Net 30",
    "due": "days",
    "due_days": "30",
    "tax": "by_product",
    "currency": "cad",
    "message": "Thanks",
    "memo": "",
}


def test_preset_is_added_edited_made_default_and_deleted(client, account, deal):
    client.get("/quickbooks/")
    assert client.post("/quickbooks/presets/new/", PRESET).status_code == 302
    preset = InvoicePreset.objects.get(name="Net 30")
    assert (preset.due_days, preset.currency, preset.is_default) == (30, "CAD", False)
    assert (
        client.post(
            f"/quickbooks/presets/{preset.pk}/", {**PRESET, "name": "Net 45", "due_days": "45"}
        ).status_code
        == 302
    )
    client.post(f"/quickbooks/presets/{preset.pk}/default/")
    assert InvoicePreset.objects.get(account=account, is_default=True).name == "Net 45"
    assert (
        "Delete the preset Net 45?" in client.get(f"/quickbooks/presets/{preset.pk}/delete/").content.decode()
    )
    assert client.post(f"/quickbooks/presets/{preset.pk}/delete/").status_code == 302
    assert not InvoicePreset.objects.filter(name="Net 45").exists()


@pytest.mark.django_db
def test_preset_takes_terms_of_quickbooks(client, connection, account):
    term = Term.objects.filter(company=connection.company, due_days__isnull=False).order_by("-due_days")[0]
    client.post("/quickbooks/presets/new/", {**PRESET, "due": f"term:{term.qbo_id}", "due_days": ""})
    preset = InvoicePreset.objects.get(name="Net 30")
    assert (preset.term_qbo_id, preset.due_days) == (term.qbo_id, term.due_days)
    assert term.name in client.get("/quickbooks/").content.decode()


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"name": ""}, "Fill this in"),
        ({"name": "standard"}, "Another preset has this name"),
        ({"name": "x" * 200}, "Shorten this to 80"),
        ({"due_days": "-1"}, "Write 0 or more"),
        ({"due_days": "often"}, "whole number"),
        ({"due_days": ""}, "whole number"),
        ({"due": "term:999"}, "Choose one from the list"),
        ({"currency": "dollars"}, "three letters"),
        ({"tax": "none"}, "Choose one from the list"),
        ({"message": "m" * 1001}, "Shorten this to 1000"),
    ],
)
def test_wrong_preset_gets_a_sentence_and_is_kept_as_typed(client, deal, changes, sentence):
    client.get("/quickbooks/")
    answer = client.post("/quickbooks/presets/new/", {**PRESET, **changes})
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert "Thanks" in answer.content.decode() or "message" in changes
    assert InvoicePreset.objects.count() == 1
