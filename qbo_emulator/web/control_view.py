"""The HTML of the control page."""

from __future__ import annotations

from datetime import date
from itertools import islice

from qbo_emulator.core import ledger
from qbo_emulator.core.field_values import stored
from qbo_emulator.core.rows import Row
from qbo_emulator.core.store import Company
from qbo_emulator.faults.injection import FAULT_KINDS
from qbo_emulator.json_codec import Doc
from qbo_emulator.web.company_words import about
from qbo_emulator.web.invoice_state import state_of
from qbo_emulator.web.layout import e, hidden, options
from qbo_emulator.world import World

SHOWN_INVOICES = 30
# A process may hold thousands of companies.
MOST_CHOICES = 200
FAULT_WORDS = {
    "timeout_before": "No answer, nothing done",
    "timeout_after": "No answer, but done",
    "reset_before": "Connection broken, nothing done",
    "reset_after": "Connection broken, but done",
    "truncated": "Answer cut off in the middle",
    "slow_drip": "Answer trickling in",
    "429": "Too many requests",
    "429_json": "Too many requests, as JSON",
    "429_xml": "Too many requests, as XML",
    "email_quota": "Emails of the day used up",
    "500": "System failure",
    "500_after": "System failure, but done",
    "503_html": "Unavailable, as a web page",
    "504": "Gateway time-out",
    "504_after": "Gateway time-out, but done",
    "200_fault": "Refused, but with status 200",
    "missing_code": "Refused without a code",
    "localised": "Refusals in French",
    "slow": "Slow by half a second",
    "unauthorized": "Token refused",
    "expired": "Token expired",
    "revoked": "Token revoked",
    "forbidden": "App not allowed for the company",
    "403_html": "Forbidden by a proxy (403 page)",
    "reads_blocked": "Month's reads used up (reads 429)",
    "bad_payload": "System failure, each time for one body",
    "wrong_cluster": "Company on another host (401, 130)",
    "lapsed": "Subscription ended (400, 7001)",
    "clock_skew": "Clock five minutes off",
    "code:6000": "Business rule refused (6000)",
    "code:6140": "Number taken (6140)",
    "code:5010": "Changed by someone else (5010)",
}
OPERATIONS = {
    "*": "Everything",
    "invoice.create": "Create an invoice",
    "invoice.update": "Change an invoice",
    "invoice.void": "Void an invoice",
    "invoice.send": "Send an invoice",
    "customer.create": "Create a customer",
    "query": "Queries",
    "cdc": "Change data capture",
}
assert set(FAULT_KINDS) <= set(FAULT_WORDS)


class _Forms:
    """Writes the forms of the page with what all of them carry along."""

    def __init__(self, company: Company, search: str, token: str) -> None:
        self.address = "/control/page" + (f"?token={e(token)}" if token else "")
        self.carried = hidden("company", company.realm_id) + hidden("q", search)

    def form(self, action: str, inner: str, *, qbo_id: str = "") -> str:
        identity = hidden("id", qbo_id) if qbo_id else ""
        return (
            f'<form method="post" action="{self.address}" class="row">{self.carried}{identity}'
            f"{hidden('action', action)}{inner}</form>"
        )


def control_body(world: World, company: Company, *, search: str, said: str, token: str) -> str:
    """Everything inside the frame of the page."""
    forms = _Forms(company, search, token)
    message = f'<div class="message" role="status">{e(said)}</div>' if said else ""
    return "\n".join(
        (
            message,
            _companies(world, company, token),
            _invoices(world, company, forms, search, token),
            _webhooks(world, forms),
            '<div class="pair">',
            _customers(company, forms),
            _clock(world, forms),
            _latency(world, forms),
            _faults(world, forms),
            _apps(world, company, forms),
            _reset(forms),
            "</div>",
        )
    )


def _companies(world: World, company: Company, token: str) -> str:
    extra = hidden("token", token) if token else ""
    choices = dict(islice(world.companies.names(), MOST_CHOICES)) | {company.realm_id: company.name}
    return f"""<section><h1>{e(company.name)}</h1>
<p class="soft">{e(about(company))}</p>
<p class="soft">Company {e(company.realm_id)}. What you do here, QuickBooks' own pages would do:
apps that are connected find out by webhook or when they ask.</p>
<form method="get" action="/" class="row">{extra}<label>Company
<select name="company">{options(choices, company.realm_id)}</select></label><button>Show</button></form>
</section>"""


def _invoices(world: World, company: Company, forms: _Forms, search: str, token: str) -> str:
    today = company.today(world.clock.now())
    rows = list(reversed(company.table("Invoice").by_id()))
    if search.strip():
        rows = _fitting(company, rows, search.strip().casefold())
    listed = "".join(_invoice(company, row, forms, today) for row in rows[:SHOWN_INVOICES])
    extra = hidden("token", token) if token else ""
    nothing = '<p class="soft">No invoice fits. Try a number or a part of a customer name.</p>'
    return f"""<section><h2>Invoices</h2>
<form method="get" action="/" class="row">{hidden("company", company.realm_id)}{extra}
<label>Number or customer <input type="search" name="q" value="{e(search)}"></label>
<button>Search</button></form>
<p class="soft">{min(len(rows), SHOWN_INVOICES)} of {len(rows)}, newest first. Open one to change it.</p>
{listed or nothing}</section>"""


def _money(company: Company, data: Doc, name: str) -> str:
    """An amount in the currency of its form."""
    currency = data.get("CurrencyRef", {}).get("value") or company.profile.currency
    return f"{e(currency)} {stored(data.get(name)):,.2f}"


def _fitting(company: Company, rows: list[Row], wanted: str) -> list[Row]:
    """The invoices whose number or customer has the text in it."""
    customers, table = company.table("Customer"), company.table("Invoice")
    buyers = {
        row.qbo_id
        for row in customers.rows.values()
        if wanted in str(customers.cell(row, "FullyQualifiedName")).casefold()
    }
    return [
        row
        for row in rows
        if table.cell(row, "CustomerRef") in buyers
        or wanted in str(table.cell(row, "DocNumber") or "").casefold()
    ]


def _invoice(company: Company, row: Row, forms: _Forms, today: date) -> str:
    data, qbo_id = row.data, row.qbo_id
    state, label = state_of(data, today)
    number = data.get("DocNumber", f"id {qbo_id}")
    balance = stored(data["Balance"])
    payments = ledger.payments_of(company, qbo_id)
    tools = []
    if balance:
        tools.append(
            forms.form(
                "pay",
                '<label>Amount <input name="amount" inputmode="decimal" size="10" '
                f'value="{balance:.2f}"></label>'
                '<label>Reference <input name="ref" size="10" maxlength="21"></label>'
                '<button class="main">Record payment</button>',
                qbo_id=qbo_id,
            )
        )
    if payments:
        tools.append(
            '<div class="row">'
            + forms.form("unpay", "<button>Delete payments</button>", qbo_id=qbo_id)
            + forms.form("deposit", "<button>Deposit payments</button>", qbo_id=qbo_id)
            + "</div>"
        )
    tools.append(
        forms.form(
            "due",
            f'<label>Due date <input type="date" name="due" required value="{e(data["DueDate"])}"></label>'
            "<button>Move due date</button>",
            qbo_id=qbo_id,
        )
    )
    tools.append(
        forms.form(
            "memo",
            f'<label>Memo <input name="memo" size="28" value="{e(data.get("PrivateNote", ""))}"></label>'
            "<button>Save memo</button>",
            qbo_id=qbo_id,
        )
    )
    tools.append(
        forms.form(
            "amount",
            '<label>Amount of the first line <input name="amount" inputmode="decimal" size="10" '
            "required></label>"
            "<button>Change amount</button>",
            qbo_id=qbo_id,
        )
    )
    tools.append(_endings(company, qbo_id, forms, voided=state == "voided"))
    return f"""<details id="invoice-{e(qbo_id)}"><summary><strong>{e(number)}</strong>
<span>{e(data["CustomerRef"].get("name", ""))}</span><span class="soft">{e(data["TxnDate"])}</span>
<span>due {e(data["DueDate"])}</span>
<span class="num">{_money(company, data, "TotalAmt")}</span><span class="num">{balance:,.2f} open</span>
<span class="state {state}">{e(label)}</span></summary><div class="tools">{"".join(tools)}</div></details>"""


def _endings(company: Company, qbo_id: str, forms: _Forms, *, voided: bool) -> str:
    """What ends an invoice, and the way to its page."""
    view = f"/app/invoice?txnId={e(qbo_id)}&amp;companyId={e(company.realm_id)}"
    void = "" if voided else forms.form("void", '<button class="danger">Void</button>', qbo_id=qbo_id)
    delete = forms.form("delete", '<button class="danger">Delete</button>', qbo_id=qbo_id)
    is_unserved = ("Invoice", qbo_id) in company.unserved
    switch = ("serve", "Make readable") if is_unserved else ("unserve", "Make unreadable")
    serving = forms.form(switch[0], f"<button>{switch[1]}</button>", qbo_id=qbo_id)
    return f'<div class="row">{void}{delete}{serving}<a href="{view}">Open as a page</a></div>'


def _clock(world: World, forms: _Forms) -> str:
    steps = (("3600", "1 hour on"), ("86400", "1 day on"), ("2678400", "31 days on"))
    buttons = "".join(
        forms.form(
            "clock", f'{hidden("seconds", seconds)}<button aria-label="Move the clock {text}">{text}</button>'
        )
        for seconds, text in steps
    )
    back = forms.form("clock", "<button>Back to real time</button>")
    return f"""<section><h2>Clock</h2><p>It is {world.clock.now():%Y-%m-%d %H:%M:%S} UTC here.</p>
<div class="row">{buttons}{back}</div></section>"""


def _check(name: str, text: str, *, on: bool) -> str:
    return (
        f'<label class="line"><input type="checkbox" name="{name}"{" checked" if on else ""}> {text}</label>'
    )


def _webhooks(world: World, forms: _Forms) -> str:
    settings = world.sender.settings
    formats = {"cloudevents": "CloudEvents", "classic": "Classic"}
    inner = (
        _check("enabled", "Send webhooks", on=settings.enabled)
        + f'<label>Address <input type="url" name="url" size="34" value="{e(settings.url or "")}"></label>'
        + f'<label>Format <select name="format">{options(formats, settings.format)}</select></label>'
        + _check("duplicate", "Send each twice", on=settings.duplicate > 0)
        + _check("reorder", "In wrong order", on=settings.reorder > 0)
        + _check("unknown_events", "With events nobody knows", on=settings.unknown_events)
        + '<label>Delay in milliseconds <input type="number" name="delay_ms" min="0" size="7" '
        + f'value="{settings.delay_ms}"></label><button class="main">Save</button>'
    )
    rows = "".join(
        f"<tr><td>{delivery.created:%H:%M:%S}</td><td>{e(', '.join(delivery.events[:6]))}</td>"
        f"<td>{e(delivery.state)}</td><td class='num'>{delivery.status or e(delivery.problem or '')}</td>"
        f"<td class='num'>{delivery.attempts}</td></tr>"
        for delivery in list(reversed(world.sender.deliveries))[:12]
    )
    table = (
        '<div class="scroll"><table><thead><tr><th>Time</th><th>Events</th><th>State</th><th '
        'class="num">Answer</th>'
        f'<th class="num">Attempts</th></tr></thead><tbody>{rows}</tbody></table></div>'
        if rows
        else '<p class="soft">Nothing was sent yet.</p>'
    )
    return f"""<section><h2>Webhooks</h2>{forms.form("webhooks", inner)}
{forms.form("test", "<button>Send a test event</button>")}<h3>Last deliveries</h3>{table}</section>"""


def _faults(world: World, forms: _Forms) -> str:
    active = "".join(
        f"<li>{e(FAULT_WORDS.get(rule.kind, rule.kind))}, for "
        f"{e(OPERATIONS.get(rule.operation, rule.operation))}"
        f"{f', {rule.count} more' if rule.count is not None else ''}, met {rule.hits} times "
        + forms.form("no-faults", hidden("rule", rule.id) + "<button>Take away</button>")
        + "</li>"
        for rule in world.injector.rules.values()
    )
    inner = (
        f'<label>What goes wrong <select name="kind">{options(FAULT_WORDS, "500")}</select></label>'
        f'<label>For <select name="operation">{options(OPERATIONS, "invoice.create")}</select></label>'
        '<label>How often, empty for always <input type="number" name="count" min="1" size="5" '
        'value="1"></label>'
        "<button>Add fault</button>"
    )
    listed = f"<ul>{active}</ul>" if active else '<p class="soft">Everything works at the moment.</p>'
    return f"""<section><h2>Faults</h2>{listed}{forms.form("fault", inner)}</section>"""


def _customers(company: Company, forms: _Forms) -> str:
    """Merging one customer into another, as a person does who finds one twice."""
    rows = sorted(
        (row for row in company.table("Customer").rows.values() if row.active),
        key=lambda row: str(row.data["FullyQualifiedName"]).casefold(),
    )
    choices = {row.qbo_id: str(row.data["FullyQualifiedName"]) for row in rows[:MOST_CHOICES]}
    inner = (
        f'<label>Merge <select name="gone">{options(choices, "")}</select></label>'
        f'<label>into <select name="kept">{options(choices, "")}</select></label>'
        '<button class="danger">Merge</button>'
    )
    return f"""<section><h2>Customers</h2><p>What the first one bought becomes the other's, and the first is inactive
from then on.</p>{forms.form("merge", inner)}</section>"""


def _latency(world: World, forms: _Forms) -> str:
    is_slow = world.latency.read > 0
    state = f"An answer waits {world.latency.read} ms for a read." if is_slow else "Answers come at once."
    choice = ("off", "Answer at once") if is_slow else ("on", "Take as long as in life")
    button = forms.form("latency", f"{hidden('slow', choice[0])}<button>{choice[1]}</button>")
    return f"""<section><h2>Latency</h2><p>{state}</p>{button}</section>"""


def _apps(world: World, company: Company, forms: _Forms) -> str:
    live = [g for g in world.tokens.grants if g.realm_id == company.realm_id and not g.revoked]
    people = sum(1 for grant in live if not grant.ready)
    ready = len(live) - people
    text = f"{people} connected by people" + (", and the one printed at the start" if ready else "")
    button = forms.form("disconnect", '<button class="danger">Disconnect all apps</button>') if live else ""
    return f"""<section><h2>Connected apps</h2><p>{e(text)}. Disconnecting ends all tokens at
once.</p>{button}</section>"""


def _reset(forms: _Forms) -> str:
    inner = (
        _check("sure", "Yes, forget everything that was done", on=False)
        + '<button class="danger">Open the companies anew</button>'
    )
    return f"""<section><h2>Start afresh</h2><p>All companies go back to the books they opened with.
Connections stay.</p>{forms.form("reset", inner)}</section>"""
