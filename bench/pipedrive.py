"""What opening a deal of Pipedrive's costs: calls and tokens of its budget, cold and warm, and statements of ours."""

from dataclasses import replace

from django.db import connection as database
from django.test import override_settings
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from deals.models import PipedriveCompany
from deals.pipedrive import oauth
from deals.pipedrive.client import PipedriveClient
from deals.pipedrive.installs import install, who_consented
from deals.pipedrive.reading import deal_read
from deals.pipedrive.setting_up import set_up
from deals.pipedrive.tokens import client_for
from pipedrive_emulator.seed.company import DANA
from pipedrive_emulator.server import Running
from pipedrive_emulator.world import Settings

from .report import Figure

CALLBACK = "http://localhost:8000/pipedrive/callback/"
# Calls, tokens and statements of each opening; a limit that is passed is a broken promise.
MOST = {
    "panel, cold": (3, 3, 50),
    "panel, warm": (1, 1, 25),
    "form, cold": (9, 36, 90),
    "form, warm": (6, 33, 50),
}


def _installed(running: Running) -> PipedriveCompany:
    with running.world.lock:
        code = running.world.tokens.new_code(DANA, CALLBACK, running.world.clock.now())
    now = timezone.now()
    tokens = oauth.tokens_for_code(code, now=now)
    install(who_consented(tokens), tokens, member=None, now=now)
    company = PipedriveCompany.objects.select_related("account", "integration").get()
    set_up(company, now=now)
    company.refresh_from_db()
    return company


def _opened(company: PipedriveCompany, deal: int, *, is_whole: bool) -> tuple[int, int, int]:
    """Return calls, tokens and statements of one opening."""
    client: PipedriveClient = client_for(company)
    with CaptureQueriesContext(database) as queries:
        deal_read(company, client, str(deal), is_whole=is_whole, now=timezone.now())
    return client.spent.calls, client.spent.tokens, len(queries)


def pipedrive_opening() -> list[Figure]:
    """Return the figures of panel and form."""
    emulated = replace(Settings(), callback_url=CALLBACK, burst=10_000)
    with (
        Running(emulated) as running,
        override_settings(
            PUBLIC_URL="http://localhost:8000",
            PIPEDRIVE_CLIENT_ID=emulated.client_id,
            PIPEDRIVE_CLIENT_SECRET=emulated.client_secret,
            PIPEDRIVE_OAUTH_URL=running.url,
            PIPEDRIVE_API_HOSTS=[running.url],
        ),
    ):
        company = _installed(running)
        # Stages are known for a day: another deal has asked for them.
        _opened(company, 6, is_whole=True)
        found = {
            "panel, cold": _opened(company, 1, is_whole=False),
            "panel, warm": _opened(company, 1, is_whole=False),
            "form, cold": _opened(company, 1, is_whole=True),
            "form, warm": _opened(company, 1, is_whole=True),
        }
    figures = []
    for name, (calls, tokens, statements) in found.items():
        most_calls, most_tokens, most_statements = MOST[name]
        figures += [
            Figure(f"Pipedrive calls, {name}", calls, most_calls),
            Figure(f"tokens of Pipedrive's budget, {name}", tokens, most_tokens),
            Figure(f"SQL statements of reading it, {name}", statements, most_statements),
        ]
    return figures
