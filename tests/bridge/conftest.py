"""The companies of the emulator in one process, each connected on demand."""

from collections.abc import Iterator

import pytest

from deals.models import Deal, DealLine
from quickbooks_bridge.services.sync.company import initial_import

from ..emulator_process import EmulatorProcess
from ..fixtures import connect
from .company_forms import KEYS, NOW


@pytest.fixture(scope="session")
def companies() -> Iterator[EmulatorProcess]:
    named = [part for key in KEYS for part in ("--company", key)]
    with EmulatorProcess(*named, "--single", "--seed", "7") as running:
        yield running


@pytest.fixture
def connected(admin, deal, companies, qbo, settings, monkeypatch):
    """Connect one of the companies; gives the connection, with the deal in its currency."""
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")
    settings.QUICKBOOKS_CLIENT_ID, settings.QUICKBOOKS_CLIENT_SECRET = (
        companies.client_id,
        companies.client_secret,
    )
    settings.QUICKBOOKS_DISCOVERY_URL = companies.discovery_url
    settings.QUICKBOOKS_API_URL = companies.api_url

    def of(key):
        made = connect(admin, companies, company=KEYS.index(key))
        assert initial_import(made, now=NOW)
        made.refresh_from_db()
        DealLine.objects.filter(deal=deal).delete()
        Deal.objects.filter(pk=deal.pk).update(currency=made.company.home_currency, value=0)
        return made

    return of
