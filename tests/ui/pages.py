"""Every page of the product with its main states, for tests that look at all of them: adding one is one line."""

import re
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt
from django.template.loader import render_to_string
from django.test import Client, RequestFactory
from django.urls import Resolver404, resolve
from playwright.sync_api import Browser, BrowserContext, Frame, Page, expect

from deals.embed.sessions import integration_create
from deals.models import (
    ApiToken,
    Deal,
    DealLine,
    Erasure,
    ImportFile,
    Member,
    MemberIdentity,
    Organization,
    Product,
)
from quickbooks_bridge.models import (
    Connection,
    Customer,
    CustomerLink,
    Invoice,
    InvoiceIntent,
    InvoicePreset,
    Item,
    UnreadableObject,
)
from quickbooks_bridge.services.connections.lifecycle import settings_for
from tests.fixtures import PASSWORD, make_member
from tests.test_addresses import RULES

Do = Callable[[Page], Any] | None
# Addresses that answer with 200 and are no page of their own: data, files, and parts that stand in the pages below.
NO_PAGES = {
    "healthz", "api:openapi", "erasure:receipt", "quickbooks:export_csv", "quickbooks:receivables_csv",
    "quickbooks:history_export", "quickbooks:pdf", "quickbooks:link",
    "quickbooks:customer_search", "quickbooks:item_search", "quickbooks:field_options", "quickbooks:preview",
    "quickbooks:progress", "quickbooks:tab", "quickbooks:sidebar", "quickbooks:health_part", "deals:deal_log",
    "quickbooks:support",
}  # fmt: skip


@dataclass(frozen=True)
class Shown:
    """One page in one state: its address, and what a person does there before it is looked at."""

    name: str
    path: str
    do: Do = None


@dataclass
class World:
    """Rows that the addresses name."""

    url: str
    ids: dict[str, Any] = field(default_factory=dict)

    def address(self, path: str) -> str:
        return self.url + path.format(**self.ids)


def menu(page: Page) -> None:
    page.locator("#invoice-table details[data-menu] summary").first.click()
    expect(page.get_by_role("menuitem").first).to_be_visible()


def press(name: str, role: Any = "button") -> Callable[[Page], None]:
    return lambda page: page.get_by_role(role, name=name).first.click()


def assign_open(page: Page) -> None:
    page.locator("summary", has_text="Assign").first.click()
    expect(page.get_by_role("menuitem").first).to_be_visible()


def channel_refused(page: Page) -> None:
    page.get_by_label("Address of the incoming webhook").fill("https://example.com/x")
    page.get_by_role("button", name="Add the channel").click()
    expect(page.get_by_text("no incoming webhook of Slack")).to_be_visible()


def dialog(entry: str) -> Callable[[Page], None]:
    """Open the dialog of an entry in the menu of the first invoice that has it."""

    def open_dialog(page: Page) -> None:
        row = page.locator(f"#invoice-table tr:has([role=menuitem]:has-text('{entry}'))").first
        row.locator("summary").click()
        row.get_by_role("menuitem", name=entry).click()
        expect(page.locator("#dialog-host")).to_be_visible()

    return open_dialog


def save(page: Page) -> None:
    """Leave the first field empty and save, so that the page says what is wrong."""
    page.locator("main input:not([type=hidden], [type=checkbox])").first.fill("")
    page.evaluate("document.querySelectorAll('main form').forEach((form) => (form.noValidate = true))")
    page.get_by_role("button", name=re.compile("^(Save|Add)")).first.click()
    expect(page.locator(".field-problem, .banner").first).to_be_visible()


def settled(page: Page) -> None:
    expect(page.locator("#invoice-form:not([data-checking])")).to_be_attached()


def take(page: Page, selector: str, words: str) -> None:
    settled(page)
    page.fill(selector, words)
    expect(page.locator(f"{selector} ~ ul [role=option][aria-selected=true]")).to_be_visible()
    with page.expect_response(re.compile("/invoices/new/")):
        page.keyboard.press("Enter")
    settled(page)


def new_customer(page: Page) -> None:
    settled(page)
    page.locator("input[name=customer_mode][value=new]").check(force=True)
    settled(page)
    expect(page.locator("#id_new_display_name")).to_be_visible()


def form_refused(page: Page) -> None:
    new_customer(page)
    page.fill("#id_new_display_name", "Quill: Sons")
    page.get_by_role("button", name="Create invoice").click()
    expect(page.locator("#id_new_display_name_error")).to_be_visible()


def form_unreadable(page: Page) -> None:
    settled(page)
    page.fill("#line-0-quantity", "a few")
    expect(page.locator(".line .field-problem")).to_be_visible()


def form_ready(page: Page) -> None:
    new_customer(page)
    take(page, "#line-0-item", "design")
    expect(page.locator("#check")).to_contain_text("Ready")


def form_open(page: Page) -> None:
    """Open every folded part, with a text line, a subtotal, and a discount."""
    for name in ("Add text", "Add subtotal"):
        settled(page)
        with page.expect_response(re.compile("/invoices/new/")):
            page.get_by_role("button", name=name).click()
    settled(page)
    page.evaluate(
        "document.querySelectorAll('main details:not([data-menu])').forEach((part) => (part.open = true))"
    )
    page.fill("#line-0-discount", "10")
    settled(page)


def form_bundle(page: Page) -> None:
    take(page, "#line-0-item", Item.objects.filter(kind="Group").order_by("pk")[0].name)


def form_searching(page: Page) -> None:
    page.fill("#id_customer", "a")
    expect(page.locator("#id_customer ~ ul [role=option]").first).to_be_visible()


def customer_chosen(page: Page) -> None:
    name = (
        Customer.objects.filter(is_active=True, currency="USD").exclude(email="").order_by("display_name")[0]
    )
    take(page, "#id_customer", name.display_name)
    page.fill("#id_email", "new@quill.example")
    expect(page.locator("#update-customer ins").first).to_be_visible()


def user_menu(page: Page) -> None:
    page.locator(".topbar-me").click()


def top_search(page: Page) -> None:
    page.fill("#top-q", "Quill")
    expect(page.locator(".topbar-search [role=option]").first).to_be_visible()


def range_open(page: Page) -> None:
    page.locator("details[data-range] summary").click()
    expect(page.locator("[data-range-calendar]")).to_be_visible()


def find_a_person(page: Page) -> None:
    page.fill("#words", "quill")
    page.locator("main").get_by_role("button", name="Search").click()
    expect(page.locator("#found")).to_be_visible()


def preview_an_erasure(page: Page) -> None:
    find_a_person(page)
    page.get_by_role("checkbox").first.check()
    page.get_by_role("button", name="Show what would be erased").click()
    expect(page.locator("#held")).to_be_visible()
    page.get_by_role("button", name="Erase this person").click()
    expect(page.locator(".field-problem").first).to_be_visible()


def unfold(page: Page) -> None:
    page.evaluate(
        "document.querySelectorAll('main details:not([data-menu])').forEach((part) => (part.open = true))"
    )


def sign_in_wrongly(page: Page) -> None:
    page.fill("#id_username", "ada")
    page.fill("#id_password", "no")
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.locator(".banner")).to_be_visible()


def prove(page: Page) -> None:
    """Prove once more who one is, where a page asks for that first."""
    page.locator("main input[name=password]").fill(PASSWORD)
    page.get_by_role("button", name="Go on").click()
    expect(page.locator("form[data-passkey=create]")).to_be_visible()


def token_made(page: Page) -> None:
    page.locator("input[name=name]").fill("Nightly push")
    page.locator("form:has(input[name=name]) button").last.click()
    expect(page.locator(".secret").first).to_be_visible()


NEW = "/deals/{loose}/invoices/new/"
DEAL = "/deals/{deal}/"
# Somebody signed in, with QuickBooks connected.
CONNECTED = (
    Shown("deals", "/deals/"),
    Shown("deals, nothing found", "/deals/?q=nothing-like-it"),
    Shown("deals, searched at the top", "/deals/", top_search),
    Shown("deals, the user's menu", "/deals/", user_menu),
    Shown("deals, page keys", "/deals/", press("Page keys")),
    Shown("a deal, Invoice", DEAL + "?tab=invoice", unfold),
    Shown("a deal, a menu", DEAL + "?tab=invoice", menu),
    Shown("a deal, Products", DEAL + "?tab=products"),
    Shown("a deal without invoices", "/deals/{empty}/?tab=invoice"),
    Shown("a deal, the void dialog", DEAL + "?tab=invoice", dialog("Void")),
    Shown("a deal, the delete dialog", DEAL + "?tab=invoice", dialog("Delete")),
    Shown("a deal, the send dialog", DEAL + "?tab=invoice", dialog("Send by email")),
    Shown("new deal", "/deals/new/"),
    Shown("new deal, refused", "/deals/new/", save),
    Shown("edit deal", "/deals/{deal}/edit/"),
    Shown("new line", "/deals/{deal}/products/new/"),
    Shown("edit line", "/deals/{deal}/products/{line}/"),
    Shown("organizations", "/organizations/"),
    Shown("new organization, refused", "/organizations/new/", save),
    Shown("edit organization", "/organizations/{organization}/"),
    Shown("people", "/people/"),
    Shown("new person, refused", "/people/new/", save),
    Shown("edit person", "/people/{person}/"),
    Shown("products", "/products/"),
    Shown("new product, refused", "/products/new/", save),
    Shown("edit product", "/products/{product}/"),
    Shown("search results", "/search/?q=Quill"),
    Shown("search, nothing found", "/search/?q=nothing-like-it"),
    Shown("invoice form", NEW),
    Shown("invoice form, customers found", NEW, form_searching),
    Shown("invoice form, refused", NEW, form_refused),
    Shown("invoice form, a number that cannot be read", NEW, form_unreadable),
    Shown("invoice form, ready", NEW, form_ready),
    Shown("invoice form, customer chosen", NEW, customer_chosen),
    Shown("invoice form, everything open", NEW, form_open),
    Shown("invoice form, a bundle", NEW, form_bundle),
    Shown("invoice form, customer linked", "/deals/{deal}/invoices/new/"),
    Shown("void, as a page", "/invoices/{open}/void/"),
    Shown("delete, as a page", "/invoices/{open}/delete/"),
    Shown("send, as a page", "/invoices/{open}/send/"),
    Shown("abandon what is not confirmed", "/intents/{intent}/abandon/"),
    Shown("unlink customer", "/deals/{deal}/customer/unlink/"),
    Shown("all invoices", "/deals/{deal}/invoices/all/"),
    Shown("all invoices, range of days", "/deals/{deal}/invoices/all/", range_open),
    Shown("invoice history", "/invoices/{made}/history/"),
    Shown("receivables", "/quickbooks/receivables/"),
    Shown("settings", "/quickbooks/", unfold),
    Shown("connect another company", "/quickbooks/connect/other/"),
    Shown("disconnect", "/quickbooks/disconnect/"),
    Shown("new preset", "/quickbooks/presets/new/"),
    Shown("new preset, refused", "/quickbooks/presets/new/", save),
    Shown("edit preset", "/quickbooks/presets/{preset}/"),
    Shown("delete preset", "/quickbooks/presets/{preset}/delete/"),
    Shown("health", "/quickbooks/health/", unfold),
    Shown("needs action", "/needs-action/?tab=all"),
    Shown("needs action, somebody chosen", "/needs-action/?tab=all", assign_open),
    Shown("needs action, snoozed", "/needs-action/?tab=snoozed"),
    Shown("needs action, solved", "/needs-action/?tab=solved"),
    Shown("Slack and Teams", "/quickbooks/chat/"),
    Shown("Slack and Teams, refused", "/quickbooks/chat/", channel_refused),
    Shown("API and embedding", "/access/"),
    Shown("API and embedding, a token", "/access/", token_made),
    Shown("new import", "/import/"),
    Shown("import", "/import/{import}/"),
    Shown("team", "/team/", unfold),
    Shown("erase personal data", "/team/erase/"),
    Shown("erase personal data, found", "/team/erase/", find_a_person),
    Shown("what would be erased", "/team/erase/", preview_an_erasure),
    Shown("an erasure", "/team/erase/{erasure}/"),
    Shown("an erasure that goes on", "/team/erase/{erasing}/"),
    Shown("what changed in the team", "/team/trail/"),
    Shown("a member of the team", "/team/{member}/"),
    Shown("welcome", "/welcome/"),
    Shown("my account", "/account/", unfold),
    Shown("second factor", "/account/second-factor/"),
    Shown("second factor, asked for by the company", "/account/second-factor/required/"),
    Shown("proving once more who one is", "/account/confirm/"),
    Shown("add a passkey", "/account/passkeys/new/", prove),
    Shown("second factor, changed", "/account/second-factor/change/"),
    Shown("not found", "/nowhere/"),
)
# Somebody of a company that is new: nothing connected, nothing there.
NEW_COMPANY = (
    Shown("no deals", "/deals/"),
    Shown("no organizations", "/organizations/"),
    Shown("a deal without a connection", "/deals/{unconnected}/?tab=invoice"),
    Shown("settings without a connection", "/quickbooks/"),
    Shown("health without a connection", "/quickbooks/health/"),
    Shown("needs action without a connection", "/needs-action/"),
)
# Nobody signed in.
SIGNED_OUT = (
    Shown("sign in", "/login/"),
    Shown("sign in, refused", "/login/", sign_in_wrongly),
    Shown("password forgotten", "/login/forgotten/"),
    Shown("password forgotten, sent", "/login/forgotten/sent/"),
    Shown("new password, an old link", "/login/forgotten/x/y/"),
    Shown("new address, an old link", "/account/address/x/"),
    Shown("invitation, an old link", "/join/x/"),
    Shown("sign in again", "/deals/{unconnected}/invoices/new/sign-in/"),
    Shown("installing for Pipedrive took too long", "/pipedrive/confirm/"),
    Shown("tab whose code is used", "/embed/tab/"),
    Shown("frame nobody may hold", "/embed/?token=x"),
    Shown("frame that does not exist", "/embed/frame/?issuer=x"),
    *(Shown(f"error {code}", f"/drawn/{code}.html") for code in (400, 403, 500, 503)),
    *(
        Shown(f"frame refused: {code}", f"/drawn/embed/refused.html?{code}")
        for code in ("expired", "not_installed", "admins_only", "unanswered", "unknown_deal")
    ),
    *(
        Shown(f"{page} of signing in", f"/drawn/account/{page}.html")
        for page in ("passkey_remove", "identity_remove", "oidc_problem", "second_step")
    ),
    Shown("install for Pipedrive", "/drawn/pipedrive/confirm.html"),
    Shown("Pipedrive's write-back", "/drawn/pipedrive/write_back.html"),
)
EVERYTHING = (*CONNECTED, *NEW_COMPANY, *SIGNED_OUT)


def unlisted() -> set[str]:
    """Return the addresses that answer with a page and stand in none of the lists."""
    ids = dict.fromkeys(
        (
            "deal",
            "empty",
            "loose",
            "line",
            "organization",
            "person",
            "product",
            "open",
            "made",
            "intent",
            "preset",
            "import",
            "member",
            "erasure",
            "erasing",
        ),
        1,
    ) | {"unconnected": 1}
    listed = set()
    for shown in EVERYTHING:
        try:
            listed.add(resolve(shown.path.format(**ids).split("?")[0]).view_name)
        except Resolver404:
            continue
    return {name for name, rule in RULES.items() if "page" in rule} - listed - NO_PAGES


def _statuses(deal: Deal, connection: Connection) -> dict[str, int]:
    """Put invoices of every status on the deal; returns one that is open and one made here."""
    today = datetime.now(UTC).date()
    chosen = list(Invoice.objects.filter(company=connection.company, currency="USD").order_by("pk")[:7])
    facts: tuple[dict[str, Any], ...] = (
        {"total": 500, "balance": 500},
        {"total": 500, "balance": 200},
        {"total": 500, "balance": 0},
        {"total": 500, "balance": 500, "due_date": today - timedelta(days=40)},
        {"total": 0, "balance": 0, "is_voided": True, "original_total": 500},
        {"total": 0, "balance": 0, "is_deleted": True, "original_total": 500},
        {
            "total": 500,
            "balance": 500,
            "alarm": "total_differs",
            "expected_total": 510,
            "created_by_app": True,
        },
    )
    start = {"deal": deal, "due_date": today + timedelta(days=20), "txn_date": today - timedelta(days=10)}
    start |= {
        "is_voided": False,
        "is_deleted": False,
        "bill_email": "pay@quill.example",
        "created_by_app": False,
    }
    for invoice, fact in zip(chosen, facts, strict=True):
        Invoice.objects.filter(pk=invoice.pk).update(**{**start, **fact})
    CustomerLink.objects.get_or_create(
        company=connection.company, organization=deal.organization,
        defaults={"customer_qbo_id": chosen[0].customer_qbo_id, "linked_at": connection.connected_at},
    )  # fmt: skip
    return {"open": chosen[0].pk, "made": chosen[6].pk}


def _intents(deal: Deal, connection: Connection) -> int:
    """Put an invoice that is not confirmed and one that was refused on the deal; returns the former."""
    now = datetime.now(UTC)
    common: dict[str, Any] = {
        "account": deal.account, "deal": deal, "member": connection.owner, "company": connection.company,
        "payload": {"CustomerRef": {"value": "1"}}, "currency": "USD", "expected_total": 216, "created_at": now,
    }  # fmt: skip
    problems = [{"code": "books_closed_there", "field": "", "params": {"code": "6210"}, "tid": "1-abc"}]
    InvoiceIntent.objects.create(
        **common, token="r", request_id="r", state="rejected", finished_at=now, problems=problems
    )
    waiting = InvoiceIntent.objects.create(
        **common,
        token="u",
        request_id="u",
        state="unknown",
        attempts=2,
        sent_at=now,
        next_check_at=now + timedelta(hours=1),
    )
    return int(waiting.pk)


def world_of(deal: Deal, connection: Connection, url: str) -> World:
    """Make a row for every address, with every status that a page can show."""
    now, account = datetime.now(UTC), deal.account
    settings_for(account)
    client = Client()
    client.force_login(connection.owner.user)
    client.post(f"/deals/{deal.pk}/move/", {"stage": deal.stage_id})
    empty = Deal.objects.create(
        account=account, stage=deal.stage, title="Empty deal", organization=deal.organization
    )
    UnreadableObject.objects.create(
        company=connection.company,
        entity="Invoice",
        qbo_id="77",
        reason="x",
        first_seen_at=now,
        last_seen_at=now,
    )
    ApiToken.objects.create(user=connection.owner.user, expiry=None, name="Nightly", rights="read")
    integration_create(account, "Example CRM", ["https://crm.example"])
    uploaded = ImportFile.objects.create(
        account=account, member=connection.owner, kind="person", columns=["Name", "Email"], rows=[["Ada", "a@b.example"], ["", "x"]],
        mapping={"name": 0, "email": 1}, created_at=now, name="people.csv",
    )  # fmt: skip
    erasures = [
        Erasure.objects.create(
            account=account, number=number, label=f"Erased person {number}", state=state, counts={"Person": 1, "Invoice": 2}, step=9,
            began_at=now, lease_until=None if state == "done" else now + timedelta(days=1),
        ).pk
        for number, state in ((1, "done"), (2, "running"))
    ]  # fmt: skip
    return World(url, {
        "erasure": erasures[0], "erasing": erasures[1],
        "deal": deal.pk, "empty": empty.pk, "line": deal.lines.all()[0].pk, "organization": deal.organization_id,
        "person": deal.person_id, "product": Product.objects.filter(account=account)[0].pk, "import": uploaded.pk,
        "preset": InvoicePreset.objects.filter(account=account)[0].pk, "intent": _intents(deal, connection),
        "member": make_member(account, "rosa").pk, **_statuses(deal, connection),
    })  # fmt: skip


def signed_in(browser: Browser, member: Member | None, url: str, **options: Any) -> BrowserContext:
    """Open a window of somebody who is signed in; nothing in it moves."""
    context = browser.new_context(
        **{"viewport": {"width": 1280, "height": 900}, "reduced_motion": "reduce", **options}
    )
    if member is not None:
        client = Client()
        client.force_login(member.user)
        context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": url}])
    else:
        # Whoever answers requests here keeps the browser from keeping style sheets and scripts.
        context.route(re.compile("/drawn/"), drawn)
    context.set_default_timeout(8000)
    return context


def drawn(route: Any) -> None:
    """Answer with a page that only a failure, or another program, leads to."""
    template, _mark, code = route.request.url.split("/drawn/")[1].partition("?")
    request = RequestFactory().get("/")
    request.session = {}  # type: ignore[assignment]
    facts = {
        "code": code,
        "checked": (),
        "write_back": None,
        "row": {"name": "Laptop", "email": "ada@crm.example", "subject": "1"},
        "may": True,
        "heading": "Single sign-on is not answering",
    }
    route.fulfill(content_type="text/html", body=render_to_string(template, facts, request=request))


def unlinked_deal(deal: Deal) -> Deal:
    """Make a deal whose customer is not linked and whose form nobody has typed into."""
    organization = Organization.objects.create(
        account=deal.account,
        name="Quill & Sons",
        street="1 Elm St",
        city="Austin",
        region="TX",
        postal_code="78701",
    )
    made = Deal.objects.create(
        account=deal.account, stage=deal.stage, title="Loose deal", organization=organization, value=1500
    )
    DealLine.objects.create(deal=made, name="Desk", quantity=3, unit_price="500.00", tax_percent="8.25")
    return made


def visit(page: Page, shown: Shown, world: World) -> Page:
    if "{loose}" in shown.path:
        world.ids["loose"] = unlinked_deal(Deal.objects.get(pk=world.ids["deal"])).pk
    page.goto(world.address(shown.path), wait_until="load")
    if shown.do:
        shown.do(page)
    return page


class Host(BaseHTTPRequestHandler):
    """Another program, on another site, with a frame in its page."""

    page = b""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(self.page)

    def log_message(self, *_args: object) -> None:
        """Keep the test's output quiet."""


@contextmanager
def framed(page: Page, url: str, deal: Deal, member: Member, *, width: int = 385) -> Iterator[Frame]:
    """Show the deal's panel as another program's page does, at its usual width; gives the frame."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Host)
    host = f"http://127.0.0.1:{server.server_port}"
    Deal.objects.filter(pk=deal.pk).update(external_source="api", external_id="deal-1")
    integration, secret = integration_create(deal.account, "Host", [host])
    MemberIdentity.objects.create(integration=integration, external_id="u-1", member=member)
    now = int(time.time())
    token = jwt.encode(
        {"iss": integration.issuer, "aud": url, "sub": "u-1", "name": "Ada", "role": "admin", "resource": {"type": "deal", "id": "deal-1"},
         "iat": now, "exp": now + 300, "jti": secrets.token_hex(8)},
        secret, algorithm="HS256",
    )  # fmt: skip
    Host.page = (
        f'<!doctype html><html lang="en"><title>Host</title><main><h1>Host</h1>'
        f'<iframe title="Invoices" width="{width}" height="850" src="{url}/embed/?token={token}"></iframe></main></html>'
    ).encode()
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    page.goto(host)
    expect(page.frame_locator("iframe").locator("#invoice-tab")).to_be_visible()
    yield page.frames[1]
    server.shutdown()
    server.server_close()
