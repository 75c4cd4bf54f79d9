"""The consent page: which company an app may read and write, or none."""

from __future__ import annotations

from starlette.responses import HTMLResponse

from qbo_emulator.web.company_words import about
from qbo_emulator.web.layout import e, hidden, page
from qbo_emulator.world import World

# A process may hold thousands of companies; the page offers the first ones and the one asked for.
MOST_CHOICES = 200
PASSED_ON = ("client_id", "response_type", "scope", "redirect_uri", "state")


def _words(world: World, realm_id: str) -> str:
    """Country, money and tax of a company, without opening one that waits."""
    found = world.companies.get(realm_id)
    return f"{about(found)} " if found is not None else ""


def consent_page(world: World, given: dict[str, str]) -> HTMLResponse:
    """The question, with the authorize request carried along in the form."""
    chosen = given.get("realm_id") or next(world.companies.names(), ("", ""))[0]
    names = world.companies.names()
    offered = {
        realm_id: name
        for place, (realm_id, name) in enumerate(names)
        if place < MOST_CHOICES or realm_id == chosen
    }
    choices = "".join(
        f'<label class="line choice"><input type="radio" name="realm_id" value="{e(realm_id)}"'
        f"{' checked' if realm_id == chosen else ''}>"
        f"<span><strong>{e(name)}</strong>{e(_words(world, realm_id))}Company {e(realm_id)}</span></label>"
        for realm_id, name in offered.items()
    )
    carried = "".join(hidden(name, given.get(name, "")) for name in PASSED_ON)
    body = f"""<section>
<h1>Let this app use your company?</h1>
<p>An app asks to read and write the accounting data of one company: its customers, products, invoices
and payments.</p>
<form method="post" action="/connect/oauth2">{carried}
<fieldset><legend class="soft">Company</legend>{choices}</fieldset>
<p class="soft">You can end this at any time in the connected apps of the company.</p>
<div class="row">
<button class="main" name="decision" value="connect">Connect</button>
<button name="decision" value="refuse">No, thanks</button>
</div></form></section>"""
    return page("Connect an app", body, narrow=True)


def refused_page(problem: str) -> HTMLResponse:
    """Shown when the browser must not be sent back to where it came from."""
    body = f"""<section><h1>This app cannot be connected</h1><p>{e(problem)}</p>
<p>Check the client id and the redirect address in the settings of the app, then start again from
there.</p></section>"""
    return page("The app cannot be connected", body, narrow=True, status=400)
