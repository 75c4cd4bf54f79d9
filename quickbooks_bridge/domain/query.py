"""Sentences of QuickBooks' query language, with every value quoted."""

import re
from collections.abc import Sequence

_FIELDS = frozenset(
    {
        *("Id", "DisplayName", "Name", "CustomerRef", "TxnDate", "Active", "MetaData.LastUpdatedTime"),
        *("AccountType", "AttachableRef.EntityRef.value"),
    }
)
_ID_LIST = re.compile(r"Id IN \('\d+'(,'\d+')*\)")
_NOT_PLAIN = re.compile(r"[^\x20-\x7e]+")
_OPERATORS = frozenset({"=", "<", ">", "<=", ">=", "LIKE"})

Condition = tuple[str, str, str]
LAST_CHANGE = "MetaData.LastUpdatedTime"
ANY_STATE: Condition = ("Active", "IN", "(true,false)")


def quote(text: str) -> str:
    """Return `text` as a literal; backslashes too, or a name could end the literal and go on as a query.

    Raises ValueError for what QuickBooks' parser cannot read: it stops at typographic quotes and dashes, also inside a
    literal. People's texts go in by `named`.
    """
    if not text.isascii():
        raise ValueError("a literal of QuickBooks' query language is ASCII")
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def named(field: str, name: str) -> Condition:
    """Return the condition that finds at least the objects called `name`; the caller compares names itself.

    What the parser cannot read stands as a wildcard. So does what LIKE itself takes for one.
    """
    if name.isascii() and name.isprintable():
        return field, "=", name
    return field, "LIKE", _NOT_PLAIN.sub("%", name)


def ids_in(qbo_ids: Sequence[str]) -> Condition:
    """Return the condition that the Id is one of `qbo_ids`."""
    return "Id", "IN", "(" + ",".join(quote(qbo_id) for qbo_id in qbo_ids) + ")"


def select(
    entity: str,
    *,
    where: Sequence[Condition] = (),
    order_by: str = "Id",
    start: int = 1,
    size: int = 1000,
    is_count: bool = False,
) -> str:
    """Return a SELECT; field names and operators outside the known ones raise ValueError."""
    # Not SQL: QuickBooks' own language, with allow-listed names and quoted values.
    parts = [f"SELECT {'COUNT(*)' if is_count else '*'} FROM {entity}"]  # noqa: S608 - see above
    if where:
        parts.append("WHERE " + " AND ".join(_condition(condition) for condition in where))
    if not is_count:
        parts.append(f"ORDERBY {order_by} STARTPOSITION {start} MAXRESULTS {size}")
    return " ".join(parts)


def _condition(condition: Condition) -> str:
    field, operator, value = condition
    if condition == ANY_STATE or _ID_LIST.fullmatch(" ".join(condition)):
        return f"{field} {operator} {value}"
    if field not in _FIELDS or operator not in _OPERATORS:
        raise ValueError(f"not a known condition: {field} {operator}")
    return f"{field} {operator} {quote(value)}"
