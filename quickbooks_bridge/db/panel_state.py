"""The state of everything that a deal's panels show, in one small statement: pages ask every few seconds.

Django takes several times as long to put such a statement together as a database to answer it.
"""

from functools import lru_cache
from typing import Any, NamedTuple

from django.db import DEFAULT_DB_ALIAS, connections

from deals.models import Deal, DealLine, TimelineEntry
from quickbooks_bridge.models import Customer, CustomerLink, DealVersion, InvoiceIntent

from .sql import quote

_TEXT = """
SELECT d.updated_at,
  (SELECT v.version FROM {version} v WHERE v.deal_id = d.id),
  (SELECT max(t.id) FROM {timeline} t WHERE t.deal_id = d.id),
  (SELECT count(*) FROM {line} l WHERE l.deal_id = d.id),
  (SELECT sum(i.id) FROM {intent} i WHERE i.deal_id = d.id AND i.state = 'rejected' AND i.dismissed_at IS NULL),
  (SELECT count(*) FROM {intent} i WHERE i.deal_id = d.id AND i.state IN ('pending', 'sending', 'unknown')),
  (SELECT c.display_name || ' ' || c.currency FROM {link} k
   JOIN {customer} c ON c.company_id = k.company_id AND c.qbo_id = k.customer_qbo_id
   WHERE k.company_id = %s AND (k.organization_id = d.organization_id
     OR (d.organization_id IS NULL AND k.person_id = d.person_id)
     OR (d.organization_id IS NULL AND d.person_id IS NULL AND k.deal_id = d.id))
   ORDER BY k.id LIMIT 1)
FROM {deal} d WHERE d.id = %s AND d.account_id = %s
"""


@lru_cache(maxsize=1)
def _statement() -> str:
    # Only names of our own tables are put in here.
    return _TEXT.format(
        **{
            name: quote(model._meta.db_table)
            for name, model in (
                ("customer", Customer),
                ("deal", Deal),
                ("intent", InvoiceIntent),
                ("line", DealLine),
                ("link", CustomerLink),
                ("timeline", TimelineEntry),
                ("version", DealVersion),
            )
        }
    )


class PanelState(NamedTuple):
    """Values of which one is another whenever the deal's panels are, in the order of the statement."""

    updated_at: Any
    version: int | None
    last_entry: int | None
    line_count: int
    rejected: int | None
    unconfirmed: int
    customer: str | None


def panel_state(account_id: int, deal_id: int, company_id: int) -> PanelState | None:
    """Return the state of the deal's panels, None where the account has no such deal."""
    with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
        cursor.execute(_statement(), [company_id, deal_id, account_id])
        row = cursor.fetchone()
    return PanelState(*row) if row else None
