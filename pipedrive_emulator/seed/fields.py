"""Definitions of fields: the built-in ones and Bluestem Supply's own."""

from __future__ import annotations

from pipedrive_emulator.core.rows import custom_code, field_row
from pipedrive_emulator.core.store import Row, Store

_BUILT_IN = {
    "deal": (
        "id:ID:int title:Title:varchar creator_user_id:Creator:user owner_id:Owner:user "
        "value:Value:monetary person_id:Contact_person:people org_id:Organization:org "
        "stage_id:Stage:stage pipeline_id:Pipeline:double currency:Currency:varchar "
        "add_time:Deal_created:date update_time:Update_time:date status:Status:status "
        "probability:Probability:int lost_reason:Lost_reason:varchar_options visible_to:Visible_to:visible_to "
        "close_time:Deal_closed_on:date won_time:Won_time:date lost_time:Lost_time:date "
        "expected_close_date:Expected_close_date:date label_ids:Label:set "
        "products_count:Product_quantity:double! notes_count:Notes:int!"
    ),
    "person": (
        "id:ID:int name:Name:varchar first_name:First_name:varchar last_name:Last_name:varchar "
        "owner_id:Owner:user org_id:Organization:org add_time:Person_created:date "
        "update_time:Update_time:date phone:Phone:phone email:Email:varchar label_ids:Label:set "
        "visible_to:Visible_to:visible_to job_title:Job_title:varchar birthday:Birthday:date "
        "postal_address:Postal_address:address notes:Notes:text im:Instant_messenger:varchar"
    ),
    "organization": (
        "id:ID:int name:Name:varchar owner_id:Owner:user add_time:Organization_created:date "
        "update_time:Update_time:date address:Address:address label_ids:Label:set "
        "visible_to:Visible_to:visible_to website:Website:varchar linkedin:LinkedIn_profile:varchar "
        "industry:Industry:enum annual_revenue:Annual_revenue:monetary employee_count:Employee_count:int"
    ),
    "product": (
        "id:ID:int name:Name:varchar code:Product_code:varchar description:Description:text "
        "unit:Unit:varchar tax:Tax:double category:Category:enum is_linkable:Active:boolean "
        "owner_id:Owner:user prices:Unit_prices:price_list visible_to:Visible_to:visible_to "
        "billing_frequency:Billing_frequency:billing_frequency add_time:Created:date update_time:Updated:date"
    ),
}
_OWN = (
    ("deal", "Billing email", "varchar", ()),
    ("deal", "Tax ID", "varchar", ()),
    ("deal", "Purchase order", "varchar", ()),
    ("deal", "Contract terms", "text", ()),
    ("deal", "Margin", "double", ()),
    ("deal", "Budget", "monetary", ()),
    ("deal", "Priority", "enum", ("Low", "Medium", "High")),
    ("deal", "Services", "set", ("Delivery", "Installation", "Training")),
    ("deal", "Handover date", "date", ()),
    ("deal", "Service period", "daterange", ()),
    ("deal", "Kick-off time", "time", ()),
    ("deal", "Visiting hours", "timerange", ()),
    ("deal", "Delivery address", "address", ()),
    ("deal", "Site phone", "phone", ()),
    ("deal", "Approver", "user", ()),
    ("deal", "Bill to organization", "org", ()),
    ("deal", "Purchaser", "people", ()),
    ("deal", "Cost centre", "varchar_auto", ()),
    ("person", "Tax ID", "varchar", ()),
    ("person", "Preferred contact", "enum", ("Email", "Phone")),
    ("organization", "Tax ID", "varchar", ()),
    ("organization", "VAT number", "varchar", ()),
    ("organization", "Accounts payable email", "varchar", ()),
    ("organization", "Billing address", "address", ()),
    ("product", "Supplier SKU", "varchar", ()),
    ("product", "List price", "monetary", ()),
)
_OPTIONS = {
    ("product", "category"): ((1, "Hardware"), (2, "Services"), (3, "Software")),
    ("organization", "industry"): ((1, "Construction"), (2, "Retail"), (3, "Education")),
    ("deal", "label_ids"): ((21, "Hot"), (22, "Warm")),
    ("person", "label_ids"): ((23, "Customer"),),
    ("organization", "label_ids"): ((24, "Key account"),),
}


def own_code(entity: str, name: str) -> str:
    """Return the code of one of the seeded custom fields."""
    return custom_code(entity, name)


def write(store: Store) -> None:
    """Write the definitions into an empty store."""
    for entity, text in _BUILT_IN.items():
        for item in text.split():
            code, name, kind = item.rstrip("!").split(":")
            options: list[Row] | None = [
                {"id": option, "label": label} for option, label in _OPTIONS.get((entity, code), ())
            ] or ([] if kind in {"enum", "set"} else None)
            store.fields[entity][code] = field_row(
                entity, code, name.replace("_", " "), kind, options=options, is_optional=item.endswith("!")
            )
    for entity, name, kind, labels in _OWN:
        own = [{"id": store.next_id("option"), "label": label, "color": None} for label in labels] or None
        code = own_code(entity, name)
        store.fields[entity][code] = field_row(entity, code, name, kind, options=own, is_custom=True)
