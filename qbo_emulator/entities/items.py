"""Rules of what is bought and sold: Item with its types, stock and categories."""

from __future__ import annotations

from qbo_emulator.core.field_values import date_in, number_in, number_out, reference, referred, stored
from qbo_emulator.core.rows import Row
from qbo_emulator.core.schema import EntityType, Family, Write
from qbo_emulator.core.split_names import words
from qbo_emulator.faults import errors
from qbo_emulator.json_codec import Doc

DELETED = " (deleted)"
TYPES = ("Service", "NonInventory", "Inventory", "Category", "Group")


def _item_type(write: Write) -> str:
    kind = str(write.kept("Type", "Service"))
    if kind not in TYPES:
        raise errors.invalid_enum("Type", kind)
    if kind == "Group" and write.before is None and not write.via_ui:
        raise errors.business("Bundles cannot be created through the API.")
    return kind


def _name(write: Write, parent: Row | None) -> tuple[str, str, bool]:
    """Name, full name and whether the item is in use."""
    name = str(write.kept("Name", "")).strip()
    active = bool(write.kept("Active", True))
    if not active and not name.endswith(DELETED):
        name += DELETED
    elif active and write.before is not None and not write.before.active:
        name = name.removesuffix(DELETED)
    full = f"{parent.data['FullyQualifiedName']}:{name}" if parent else name
    for other in write.company.table("Item").find("FullyQualifiedName", full):
        if active and (write.before is None or other.qbo_id != write.before.qbo_id):
            raise errors.duplicate_name(None)
    return name, full, active


def _account(write: Write, name: str, *, needed: bool) -> Doc | None:
    row = referred(write.company, "Account", write.merged.get(name), what="Accounts")
    if row is None:
        if needed:
            raise errors.required(name)
        return None
    return reference(row)


def _stock(write: Write) -> Doc:
    """What only a counted item has."""
    for name in ("QtyOnHand", "InvStartDate"):
        if write.merged.get(name) in (None, ""):
            raise errors.required(name)
    start = date_in("InvStartDate", write.merged["InvStartDate"])
    return {
        "QtyOnHand": number_out(number_in("QtyOnHand", write.merged["QtyOnHand"]) or stored(0)),
        "InvStartDate": start.isoformat() if start else None,
        "ReorderPoint": write.merged.get("ReorderPoint"),
    }


def item(write: Write) -> Doc:
    """The properties of an item to store."""
    merged = write.merged
    kind = _item_type(write)
    parent = referred(write.company, "Item", merged.get("ParentRef"), what="Items")
    name, full, active = _name(write, parent)
    is_category, is_counted = kind == "Category", kind == "Inventory"
    data: Doc = {
        "Name": name,
        "FullyQualifiedName": full,
        "Active": active,
        "Type": kind,
        "Sku": merged.get("Sku"),
        "Description": merged.get("Description"),
    }
    if parent is not None:
        data |= {
            "SubItem": True,
            "ParentRef": reference(parent),
            "Level": int(parent.data.get("Level", 0)) + 1,
        }
    if kind == "Group":
        return data | {"Taxable": False, "ItemGroupDetail": merged.get("ItemGroupDetail")}
    if is_category:
        return data
    code = referred(write.company, "TaxCode", merged.get("SalesTaxCodeRef"), what="TaxCodes")
    if code is not None and write.company.has_tax_codes:
        data |= {
            "SalesTaxCodeRef": reference(code),
            "SalesTaxIncluded": bool(write.kept("SalesTaxIncluded", False)),
        }
    price = number_in("UnitPrice", merged.get("UnitPrice"))
    cost = number_in("PurchaseCost", merged.get("PurchaseCost"))
    data |= {
        "Taxable": bool(write.kept("Taxable", False)),
        "UnitPrice": number_out(price or stored(0)),
        "PurchaseCost": number_out(cost or stored(0)),
        "PurchaseDesc": merged.get("PurchaseDesc"),
        "IncomeAccountRef": _account(write, "IncomeAccountRef", needed=True),
        "ExpenseAccountRef": _account(write, "ExpenseAccountRef", needed=is_counted),
        "AssetAccountRef": _account(write, "AssetAccountRef", needed=is_counted),
        "TrackQtyOnHand": is_counted,
    }
    return data | (_stock(write) if is_counted else {})


ITEM_KINDS = (
    EntityType(
        name="Item",
        family=Family.LIST,
        order=words(
            "Name Sku Description Active SubItem ParentRef Level FullyQualifiedName Taxable SalesTaxIncluded UnitPrice Type "
            "IncomeAccountRef PurchaseDesc PurchaseCost ExpenseAccountRef AssetAccountRef TrackQtyOnHand "
            "QtyOnHand ReorderPoint InvStartDate SalesTaxCodeRef ItemGroupDetail domain sparse Id SyncToken MetaData"
        ),
        known=words(
            "PurchaseTaxIncluded PurchaseTaxCodeRef TaxClassificationRef "
            "PrefVendorRef AbatementRate ReverseChargeRate ServiceType ItemCategoryType "
            "ClassRef Source DeferredRevenue UQCDisplayText UQCId CustomField AttachableRef "
            "PrintGroupedItems "
            "SpecialItem SpecialItemType QtyOnPurchaseOrder QtyOnSalesOrder AvgCost ManPartNum RatePercent"
        ),
        prepare=item,
        required=("Name",),
        lengths={"Name": 100, "Sku": 100, "Description": 4000, "PurchaseDesc": 1000},
        no_colon=("Name",),
        queryable={
            "Id": "id",
            "Name": "text",
            "Sku": "text",
            "Type": "text",
            "Active": "bool",
            "FullyQualifiedName": "text",
            "ParentRef": "id",
            "Description": "text",
            "UnitPrice": "number",
            "QtyOnHand": "number",
            "MetaData.CreateTime": "moment",
            "MetaData.LastUpdatedTime": "moment",
        },
        indexed=("Name", "Sku", "FullyQualifiedName"),
    ),
)
