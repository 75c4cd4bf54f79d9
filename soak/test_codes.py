"""R9: every code and shape that QuickBooks refuses with has its typed outcome, through the real transport."""

import pytest

from quickbooks_bridge.gateway import rate_limiter
from quickbooks_bridge.gateway.errors import (
    NotFound,
    QuickBooksError,
    Rejected,
    StaleObject,
    Throttled,
    TokenRefused,
    Unavailable,
    UnexpectedAnswer,
)
from quickbooks_bridge.services.connections.lifecycle import client_for

from .scorecard import record

pytestmark = pytest.mark.django_db

# Fault of the QuickBooks emulator -> kind, and whether a write may have happened all the same.
OUTCOMES: dict[str, tuple[type[QuickBooksError], bool]] = {
    "429": (Throttled, False),
    "429_json": (Throttled, False),
    "429_xml": (Throttled, False),
    "500": (Unavailable, True),
    "500_after": (Unavailable, True),
    "503_html": (Unavailable, True),
    "504": (Unavailable, True),
    "504_after": (Unavailable, True),
    "reset_before": (Unavailable, True),
    "reset_after": (Unavailable, True),
    "timeout_before": (Unavailable, True),
    "timeout_after": (Unavailable, True),
    "truncated": (Unavailable, True),
    "200_fault": (Rejected, False),
    "missing_code": (UnexpectedAnswer, False),
    "unauthorized": (TokenRefused, False),
    "code:5010": (StaleObject, False),
    "code:610": (NotFound, False),
    **dict.fromkeys(
        [f"code:{code}" for code in (
            620, 2020, 2040, 2050, 2090, 2210, 2220, 2500, 6000, 6070, 6140, 6190, 6200, 6210, 6240, 6250, 6270, 6420,
            6430, 6450, 6480, 6540,
        )],
        (Rejected, False),
    ),
    **dict.fromkeys([f"code:{code}" for code in (600, 1040, 2010, 99999)], (UnexpectedAnswer, False)),
    "code:10000": (Unavailable, True),
}  # fmt: skip


def test_every_code_and_shape_has_its_outcome(qbo, connection, settings):
    settings.QUICKBOOKS_TIMEOUT_SECONDS = 0.3
    wrong = {}
    for number, (kind, (wanted, may_exist)) in enumerate(OUTCOMES.items()):
        rate_limiter.default_limiter.cache_clear()
        qbo.control("DELETE", "/control/faults")
        qbo.control("POST", "/control/faults", {"kind": kind, "operation": "customer.*", "delay": 1})
        client = client_for(connection, interactive=True)
        try:
            client.customer_write({"DisplayName": f"Outcome {number}"}, request_id=f"outcome-{number}")
        except QuickBooksError as error:
            said = (type(error), isinstance(error, Unavailable) and error.outcome_unknown)
            if said != (wanted, may_exist):
                wrong[kind] = said
        else:
            wrong[kind] = "nothing"
    qbo.control("DELETE", "/control/faults")
    record("R9", "codes and shapes with a typed outcome", len(OUTCOMES) - len(wrong), 25, at_least=True)
    record("R9", f"of {len(OUTCOMES)}: another outcome than the table's", len(wrong), 0)
