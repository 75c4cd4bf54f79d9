"""The plain pages behind deep links: an invoice and a customer, as their company sees them."""

from __future__ import annotations

from urllib.parse import parse_qs, urlencode, urlsplit

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from qbo_emulator.core.address import address_lines
from qbo_emulator.core.field_values import stored
from qbo_emulator.core.rows import Row
from qbo_emulator.core.store import Company
from qbo_emulator.json_codec import Doc
from qbo_emulator.web.invoice_state import state_of
from qbo_emulator.web.layout import e, page
from qbo_emulator.world import World

PAGES = frozenset({"invoice", "customerdetail", "recvpayment"})


def currency_of(company: Company, data: Doc) -> str:
    """The currency of a form or a customer."""
    return str((data.get("CurrencyRef") or {}).get("value") or company.profile.currency)


class AppPages:
    """Routes below /app and the login address that deep links start from."""

    def __init__(self, world: World) -> None:
        self.world = world

    def routes(self) -> list[Route]:
        return [
            Route("/login", self.login),
            Route("/app/login", self.login),
            Route("/app/invoice", self.invoice),
            Route("/app/customerdetail", self.customer),
            Route("/app/recvpayment", self.payment),
        ]

    async def login(self, request: Request) -> Response:
        """`deeplinkcompanyid` and `pagereq` choose the company and the page; signing in is not asked for."""
        target = urlsplit(request.query_params.get("pagereq", ""))
        name = target.path.strip("/").removeprefix("app/")
        if name not in PAGES:
            return RedirectResponse("/", status_code=302)
        query = {key: values[0] for key, values in parse_qs(target.query).items()}
        company_id = request.query_params.get("deeplinkcompanyid")
        if company_id:
            query["companyId"] = company_id
        return RedirectResponse(f"/app/{name}?{urlencode(query)}", status_code=302)

    def _company(self, request: Request) -> Company | None:
        chosen = request.query_params.get("companyId")
        if chosen:
            return self.world.companies.find(chosen)
        return self.world.companies.first()

    def _found(self, request: Request, kind: str, name: str) -> tuple[Company, Row] | None:
        company = self._company(request)
        row = company.row(kind, request.query_params.get(name, "")) if company else None
        return (company, row) if company is not None and row is not None else None

    async def invoice(self, request: Request) -> Response:
        found = self._found(request, "Invoice", "txnId")
        return _missing("invoice") if found is None else page("Invoice", self._invoice_body(*found))

    def _invoice_body(self, company: Company, row: Row) -> str:
        data = row.data
        state, label = state_of(data, company.today(self.world.clock.now()))
        lines = "".join(
            _line_row(line) for line in data["Line"] if line["DetailType"] != "SubTotalLineDetail"
        )
        address = "<br>".join(e(line) for line in address_lines(data.get("BillAddr")))
        customer = data["CustomerRef"]
        link = f"/app/customerdetail?nameId={e(customer['value'])}&amp;companyId={e(company.realm_id)}"
        facts = {
            "Invoice date": data["TxnDate"],
            "Due date": data["DueDate"],
            "Terms": data.get("SalesTermRef", {}).get("name", "None"),
            "Email": data.get("BillEmail", {}).get("Address", "None"),
            "Email status": data["EmailStatus"],
            "Memo": data.get("PrivateNote", "None"),
        }
        listed = "".join(f"<dt>{e(name)}</dt><dd>{e(value)}</dd>" for name, value in facts.items())
        currency = e(currency_of(company, data))
        sums = (
            (company.profile.tax_word, data["TxnTaxDetail"].get("TotalTax", 0)),
            ("Total", data["TotalAmt"]),
            ("Balance due", data["Balance"]),
        )
        totals = "".join(
            f'<tr><th colspan="4" class="num">{e(name)}</th><td class="num">{currency} '
            f"{stored(value):,.2f}</td></tr>"
            for name, value in sums
        )
        return f"""<section class="sheet"><p class="soft">{e(company.name)}</p>
<h1>Invoice {e(data.get("DocNumber", "without a number"))}</h1>
<p><span class="state {state}">{e(label)}</span></p>
<p><a href="{link}"><strong>{e(customer.get("name", ""))}</strong></a><br>{address}</p>
<dl>{listed}</dl><br>
<div class="scroll"><table><thead><tr><th>Product or service</th><th>Description</th><th class="num">Qty</th>
<th class="num">Rate</th><th class="num">Amount</th></tr></thead><tbody>{lines}</tbody>
<tfoot>{totals}</tfoot></table></div>
<p class="soft">{e(data.get("CustomerMemo", {}).get("value", ""))}</p></section>"""

    async def customer(self, request: Request) -> Response:
        found = self._found(request, "Customer", "nameId")
        if found is None:
            return _missing("customer")
        company, row = found
        today = company.today(self.world.clock.now())
        invoices = sorted(
            company.table("Invoice").find("CustomerRef", row.qbo_id),
            key=lambda r: r.data["TxnDate"],
            reverse=True,
        )
        listed = "".join(
            f'<tr><td><a href="/app/invoice?txnId={e(invoice.qbo_id)}&amp;companyId={e(company.realm_id)}">'
            f"{e(invoice.data.get('DocNumber', invoice.qbo_id))}</a></td>"
            f"<td>{e(invoice.data['TxnDate'])}</td>"
            f'<td class="num">{stored(invoice.data["TotalAmt"]):,.2f}</td>'
            f'<td class="num">{stored(invoice.data["Balance"]):,.2f}</td>'
            f"<td>{e(state_of(invoice.data, today)[1])}</td></tr>"
            for invoice in invoices
        )
        address = "<br>".join(e(line) for line in address_lines(row.data.get("BillAddr")))
        body = f"""<section class="sheet"><p class="soft">{e(company.name)}</p>
<h1>{e(row.data["DisplayName"])}</h1>
<p>{address}</p><p>{e(row.data.get("PrimaryEmailAddr", {}).get("Address", "No email address"))}</p>
<p>Open balance {e(currency_of(company, row.data))} {stored(row.data["Balance"]):,.2f}</p>
<div class="scroll"><table><thead><tr><th>Invoice</th><th>Date</th><th class="num">Total</th>
<th class="num">Balance</th><th>State</th></tr></thead><tbody>{listed}</tbody></table></div></section>"""
        return page(row.data["DisplayName"], body)

    async def payment(self, request: Request) -> Response:
        found = self._found(request, "Payment", "txnId")
        if found is None:
            return _missing("payment")
        company, row = found
        body = f"""<section class="sheet"><p class="soft">{e(company.name)}</p><h1>Payment
{e(row.qbo_id)}</h1>
<p>{e(row.data["CustomerRef"].get("name", ""))}, {e(row.data["TxnDate"])}</p>
<p>Amount {e(currency_of(company, row.data))} {stored(row.data["TotalAmt"]):,.2f}, not applied
{stored(row.data["UnappliedAmt"]):,.2f}</p></section>"""
        return page("Payment", body)


def _line_row(line: dict[str, object]) -> str:
    detail = line.get("SalesItemLineDetail")
    shown = detail if isinstance(detail, dict) else {}
    is_discount = line["DetailType"] == "DiscountLineDetail"
    name = "Discount" if is_discount else shown.get("ItemRef", {}).get("name", "")
    amount = stored(line.get("Amount")) * (-1 if is_discount else 1)
    return (
        f"<tr><td>{e(name)}</td><td>{e(line.get('Description', ''))}</td><td "
        f"class='num'>{e(shown.get('Qty', ''))}</td>"
        f"<td class='num'>{e(shown.get('UnitPrice', ''))}</td><td class='num'>{amount:,.2f}</td></tr>"
    )


def _missing(what: str) -> Response:
    body = f"""<section class="sheet"><h1>This {e(what)} is not here</h1>
<p>It was deleted, or it belongs to another company.</p><p><a href="/">Go to the control page</a></p>
</section>"""
    return page("Not here", body, status=404)
