"""What a QuickBooks company has turned on for its invoices, beyond what every company has."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

ClassTracking = Literal["", "invoice", "line"]
# QuickBooks keeps no more of a custom field.
LONGEST_CUSTOM_FIELD = 31


@dataclass(frozen=True)
class CompanyFacts:
    """The settings of a company that decide which fields an invoice has.

    `class_tracking` is "invoice" where the whole invoice bears one class, "line" where each line does. `custom_fields` are
    the definition id and the name of each text field of its sales forms, in their order.
    """

    class_tracking: ClassTracking = ""
    has_locations: bool = False
    allows_deposit: bool = False
    allows_service_date: bool = False
    takes_online_payments: bool = False
    discount_account: str = ""
    custom_fields: tuple[tuple[str, str], ...] = ()

    @property
    def lists(self) -> tuple[str, ...]:
        """The lists that its invoices are filed under, by QuickBooks' names."""
        uses = (("Class", bool(self.class_tracking)), ("Department", self.has_locations))
        return tuple(name for name, is_used in uses if is_used)

    def as_dict(self) -> dict[str, Any]:
        """Return a JSON-ready form, read back by `of`."""
        return asdict(self)

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> "CompanyFacts":
        """Read what `as_dict` gave; what an older version lacks is off."""
        known = {name: stored[name] for name in cls.__dataclass_fields__ if name in stored}
        fields = tuple((str(key), str(name)) for key, name in known.pop("custom_fields", ()))
        return cls(**known, custom_fields=fields)


# A company with everything off.
PLAIN = CompanyFacts()
