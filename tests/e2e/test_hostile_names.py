"""Names that are programs: whatever the CRM and QuickBooks call things, no page runs it or builds elements of it."""

import signal
from collections.abc import Iterator

import pytest
from playwright.sync_api import Dialog, Page

from tests.demo import Demo
from tests.prepared import put_prepared

from .test_walk import Person, consent

pytestmark = pytest.mark.e2e

# Each breaks out of another place: an element, an attribute in double or single quotes, a script, a style, a comment, a URL.
HOSTILE = (
    "<img src=x data-planted onerror=alert(1)>",
    '" data-planted onfocus=alert(1) autofocus x="',
    "' data-planted onmouseover=alert(1) x='",
    "</script><script data-planted>alert(1)</script>",
    "</title></textarea></style><b data-planted>",
    "--><svg data-planted onload=alert(1)>",
    "{{7*7}}${7*7}<b data-planted>",
    "javascript:alert(1)//<b data-planted>",
    "\u202e<b data-planted>\u2066",
)
# Columns that hold what people write, by table. What QuickBooks says is put where it is mirrored.
WRITTEN = {
    "deals_deal": ("title",),
    "deals_organization": ("name", "street", "city"),
    "deals_person": ("name",),
    "deals_product": ("name", "description"),
    "deals_dealline": ("name", "comment"),
    "deals_stage": ("name",),
    "deals_member": ("name",),
    "quickbooks_bridge_customer": ("display_name", "company_name", "line1", "city", "search_text"),
    "quickbooks_bridge_item": ("name", "description", "search_text"),
    "quickbooks_bridge_invoice": ("customer_name", "doc_number"),
    "quickbooks_bridge_term": ("name",),
    "quickbooks_bridge_invoicepreset": ("message", "memo"),
    "quickbooks_bridge_company": ("name",),
}
PAGES = (
    "/deals/", "/organizations/", "/people/", "/products/", "/deals/new/", "/search/?q=planted", "/quickbooks/",
    "/quickbooks/health/", "/quickbooks/presets/new/", "/deals/{deal}/", "/deals/{deal}/edit/", "/deals/{deal}/?tab=invoice",
    "/deals/{deal}/invoices/new/", "/deals/{deal}/invoices/all/", "/deals/{deal}/products/new/", "/organizations/{organization}/",
    "/people/{person}/", "/invoices/{invoice}/void/", "/invoices/{invoice}/send/", "/invoices/{invoice}/delete/",
    "/quickbooks/customers/?q=planted&deal={deal}", "/quickbooks/items/?q=planted&deal={deal}",
)  # fmt: skip


@pytest.fixture(scope="module")
def demo(tmp_path_factory) -> Iterator[Demo]:
    running = Demo(tmp_path_factory.mktemp("demo"))
    put_prepared(running.data / "db.sqlite3")
    running.start(QUICKBOOKS_POLL_SECONDS="3600")
    running.wait_for_greeting()
    yield running
    assert running.end(signal.SIGINT) == 0


@pytest.fixture(scope="module")
def dana(browser, demo) -> Iterator[Person]:
    person = Person(browser, demo.crm, "dana")

    def dismiss(dialog: Dialog) -> None:
        person.errors.append(dialog.message)
        dialog.dismiss()

    person.page.on("dialog", dismiss)
    person.go("/quickbooks/").get_by_role("button", name="Connect QuickBooks").first.click()
    consent(person.page)
    person.page.get_by_text("Everything works now").first.wait_for()
    yield person
    assert person.errors == []


def plant(demo: Demo) -> dict[str, object]:
    """Write all hostile names over everything that people name; returns keys of rows that belong together."""
    text = " ".join(HOSTILE).replace("'", "''")
    for table, columns in WRITTEN.items():
        for column in columns:
            # Names of a table and its columns from above.
            demo.rows(f"update {table} set {column} = '{text}' || id")
    deal, organization, person = demo.rows(
        "select d.id, d.organization_id, d.person_id from deals_deal d join deals_dealline l on l.deal_id = d.id "
        "where d.organization_id is not null and d.person_id is not null limit 1"
    )[0]
    invoice = demo.rows(
        "select id from quickbooks_bridge_invoice where balance > 0 and not is_voided and not is_deleted limit 1"
    )[0][0]
    demo.rows(f"update quickbooks_bridge_invoice set deal_id = {deal} where id = {invoice}")
    return {"deal": deal, "organization": organization, "person": person, "invoice": invoice}


def planted(page: Page) -> list[str]:
    """The elements that the page built of a name, and handlers in any attribute."""
    return page.evaluate(
        "[...document.querySelectorAll('*')].filter(e => e.hasAttribute('data-planted') || "
        "[...e.attributes].some(a => a.name.startsWith('on') || (a.name === 'href' && /^javascript:/i.test(a.value))))"
        ".map(e => e.outerHTML.slice(0, 200))"
    )


def test_no_name_becomes_part_of_a_page(dana, demo):
    keys = plant(demo)
    found, seen = {}, 0
    for path in PAGES:
        page = dana.go(path.format(**keys))
        if planted(page):
            found[path] = planted(page)
        seen += "data-planted" in page.locator("body").inner_text()
    assert found == {}
    # They were really there, as text.
    assert seen > len(PAGES) / 2
