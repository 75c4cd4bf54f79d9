"""What of each kind a file may hold, and by which heads its columns are recognised."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from deals.models import Account, CustomField

CUSTOM = "custom_"


@dataclass(frozen=True)
class Target:
    """A field that a column can fill. `heads` are what columns that mean it are called elsewhere."""

    key: str
    label: str | Promise
    heads: tuple[str, ...] = ()
    is_required: bool = False


_ID = Target("external_id", _("Id in the other program"), ("id", "external id", "external_id", "key"))
_NAME = Target(
    "name", _("Name"), ("name", "company", "navn", "full name", "product", "product name"), is_required=True
)

TARGETS: dict[str, tuple[Target, ...]] = {
    "organization": (
        _NAME,
        _ID,
        Target("address", _("Address, in one piece"), ("address", "full address", "adresse")),
        Target("street", _("Street"), ("street", "address line 1", "gate")),
        Target("city", _("City"), ("city", "town", "sted", "poststed")),
        Target("region", _("State or region"), ("state", "region", "province", "county")),
        Target("postal_code", _("Postal code"), ("postal code", "zip", "zip code", "postcode", "postnummer")),
        Target("country", _("Country"), ("country", "land")),
    ),
    "person": (
        _NAME,
        _ID,
        Target("email", _("Email"), ("email", "e-mail", "email address", "epost")),
        Target("phone", _("Phone"), ("phone", "telephone", "mobile", "telefon")),
        Target("organization", _("Organization"), ("organization", "organisation", "company", "account")),
    ),
    "product": (
        _NAME,
        _ID,
        Target("code", _("Code"), ("code", "sku", "product code", "varenummer")),
        Target("description", _("Description"), ("description", "beskrivelse")),
        Target("unit_price", _("Price"), ("price", "unit price", "pris")),
        Target("currency", _("Currency"), ("currency", "valuta")),
        Target("tax_percent", _("Tax, percent"), ("tax", "tax %", "vat", "mva")),
    ),
    "deal": (
        Target("title", _("Title"), ("title", "deal", "deal title", "name"), is_required=True),
        _ID,
        Target("organization", _("Organization"), ("organization", "organisation", "company", "account")),
        Target("person", _("Person"), ("person", "contact", "contact person")),
        Target("person_email", _("Person’s email"), ("email", "e-mail", "contact email", "person email")),
        Target("stage", _("Stage"), ("stage", "pipeline stage")),
        Target("status", _("Status: open, won or lost"), ("status",)),
        Target("value", _("Value"), ("value", "amount", "deal value")),
        Target("currency", _("Currency"), ("currency", "valuta")),
        Target("line_name", _("Product on the deal"), ("product", "product name", "item")),
        Target("line_quantity", _("Quantity"), ("quantity", "qty", "antall")),
        Target("line_price", _("Price of one"), ("price", "unit price", "item price", "pris")),
        Target("line_discount", _("Discount, percent"), ("discount", "discount %", "rabatt")),
        Target("line_tax", _("Tax, percent"), ("tax", "tax %", "vat", "mva")),
    ),
}  # fmt: skip
NUMBERS = frozenset(
    {"unit_price", "tax_percent", "value", "line_quantity", "line_price", "line_discount", "line_tax"}
)


def targets_of(account: Account, kind: str) -> list[Target]:
    """Return what a file of this kind may fill, the account's own fields last."""
    own = CustomField.objects.filter(account=account, entity=kind).order_by("position", "id")
    return [*TARGETS[kind], *(Target(CUSTOM + row.key, row.label, (row.key, row.label)) for row in own)]


def guess_columns(columns: Sequence[str], targets: Iterable[Target]) -> dict[str, int]:
    """Return for each target the column whose head means it, each column once."""
    heads = [_plain(column) for column in columns]
    found: dict[str, int] = {}
    for target in targets:
        wanted = {_plain(head) for head in target.heads}
        place = next(
            (at for at, head in enumerate(heads) if head in wanted and at not in found.values()), None
        )
        if place is not None:
            found[target.key] = place
    return found


def _plain(text: str) -> str:
    return re.sub(r"[\W_]+", " ", text.casefold()).strip()
