"""The mapping fills every place from the first field that is not empty, or with a text."""

from dataclasses import replace

import pytest

from deals.models import CustomField, Deal, Organization
from deals.snapshot import AddressFacts, DealSnapshot, OrganizationFacts, PersonFacts
from quickbooks_bridge.domain.field_mapping import (
    FieldMapping,
    SlotRule,
    drop_missing_fields,
    fill_customer,
    rules_of,
    rules_stored,
)
from quickbooks_bridge.services.connections.lifecycle import settings_for

from ..fixtures import sign_in
from .company_forms import page_of

SNAPSHOT = DealSnapshot(
    "1", "Fit-out", "USD",
    organization=OrganizationFacts("1", "Quill", AddressFacts(), {"po": "PO 12"}),
    person=PersonFacts("1", "Ann", "ann@quill.example"), custom={"where": "9 Dock Rd\nWaco, TX 76701"},
)  # fmt: skip
RULES = {
    "address": SlotRule(("deal.custom.where",), "unused"),
    "email": SlotRule(("organization.custom.mail",), "office@quill.example"),
    "message": SlotRule((), "Thank you"),
    "custom_1": SlotRule(("organization.custom.po",)),
    "memo": SlotRule(("deal.custom.none",), ""),
}


def test_the_first_field_that_is_not_empty_fills_then_the_text():
    filled = fill_customer(SNAPSHOT, FieldMapping(more=RULES))
    assert filled.address == "9 Dock Rd\nWaco, TX 76701"
    assert filled.email == "ann@quill.example"
    assert filled.others == {"message": "Thank you", "custom_1": "PO 12"}
    assert (filled.origins["address"], filled.origins["message"]) == ("deal.custom.where", "text")
    nobody = fill_customer(replace(SNAPSHOT, person=None), FieldMapping(more=RULES))
    assert (nobody.email, nobody.origins["email"]) == ("office@quill.example", "text")


def test_rules_survive_storage_and_strange_ones_are_none():
    assert rules_of(rules_stored(RULES)) == RULES
    for strange in (None, [], "x", {"to": 3}, {"colour": {"text": "red"}}):
        assert rules_of(strange) == {}
    kept = drop_missing_fields(FieldMapping(more=RULES), ())
    assert kept.more["address"] == SlotRule((), "unused")


@pytest.mark.django_db
def test_what_the_admin_maps_fills_the_form_and_the_preview_shows_it(admin, deal, connected):
    connection = connected("us-2")
    CustomField.objects.create(account=admin.account, entity="deal", key="ref", label="Reference")
    Deal.objects.filter(pk=deal.pk).update(custom={"ref": "R-77"})
    Organization.objects.filter(account=admin.account).update(
        street="", city="", region="", postal_code="", address=""
    )
    assert dict(connection.company.invoice_facts.custom_fields)["1"] == "PO Number"
    client = sign_in(admin.member)
    fields = {
        "to_field": "organization.name", "address_field": "organization.address", "email_field": "person.email",
        "tax_id_field": "", "due_days": "7", "more_address_text": "By hand", "more_custom_1_0": "deal.custom.ref",
        "more_message_text": "Thank you", "more_cc_0": "person.email",
    }  # fmt: skip
    shown = client.get("/quickbooks/preview/", {**fields, "deal": deal.pk}).content.decode()
    assert "R-77" in shown
    assert "By hand" in shown
    assert client.post("/quickbooks/", fields).status_code == 302
    page = client.get("/quickbooks/").content.decode()
    assert "PO Number" in page
    form = page_of(client, deal)
    assert (form["custom_1"], form["message"], form["address"]) == ("R-77", "Thank you", "By hand")
    assert form["cc"] == "quinn@quill.example"
    assert "Fixed text from the settings" in client.get(f"/deals/{deal.pk}/invoices/new/").content.decode()
    refused = client.post("/quickbooks/", {**fields, "more_cc_0": "deal.custom.nobody"})
    assert refused.status_code == 422
    assert settings_for(admin.account).more_fields["cc"] == {"fields": ["person.email"], "text": ""}
