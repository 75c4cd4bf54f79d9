"""Sentences of QuickBooks' query language, with every value quoted."""

import re
from collections.abc import Sequence

_FIELDS = frozenset(
    {"Id", "DisplayName", "Name", "CustomerRef", "TxnDate", "Active", "MetaData.LastUpdatedTime"}
)
_ID_LIST = re.compile(r"Id IN \('\d+'(,'\d+')*\)")
_OPERATORS = frozenset({"=", "<", ">", "<=", ">=", "LIKE"})

Condition = tuple[str, str, str]
LAST_CHANGE = "MetaData.LastUpdatedTime"
ANY_STATE: Condition = ("Active", "IN", "(true,false)")


def quote(text: str) -> str:
    """Give `text` as a literal; backslashes too, or a name could end the literal and go on as a query."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def ids_in(qbo_ids: Sequence[str]) -> Condition:
    """Give the condition that the Id is one of `qbo_ids`."""
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
    """Give a SELECT; field names and operators outside the known ones raise ValueError."""
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
