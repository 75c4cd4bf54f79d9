"""The control page at / and what its forms do; every form posts, acts once and comes back to the page."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from qbo_emulator.core.rows import Row
from qbo_emulator.core.store import Company
from qbo_emulator.entities import ENTITY_TYPES
from qbo_emulator.faults.errors import Fault
from qbo_emulator.operations import engine
from qbo_emulator.web import ui_actions
from qbo_emulator.web.control_view import control_body
from qbo_emulator.web.forms import form_of
from qbo_emulator.web.layout import page
from qbo_emulator.world import World

Form = dict[str, str]


class ControlPage:
    """The page for people, without any script."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._invoice_actions: dict[str, Callable[[Company, Row, Form], str]] = {
            "pay": self._pay,
            "unpay": self._unpay,
            "due": self._due,
            "memo": self._memo,
            "amount": self._amount,
            "void": self._void,
            "delete": self._delete,
            "deposit": self._deposit,
            "serve": self._serve,
            "unserve": self._serve,
        }
        self._world_actions: dict[str, Callable[[Form], str]] = {
            "webhooks": self._webhooks,
            "test": self._test,
            "fault": self._fault,
            "no-faults": self._no_faults,
            "clock": self._clock,
            "disconnect": self._disconnect,
            "merge": self._merge,
            "latency": self._latency,
            "reset": self._reset,
        }

    def routes(self) -> list[Route]:
        return [Route("/", self.show), Route("/control/page", self.act, methods=["POST"])]

    async def show(self, request: Request) -> Response:
        given = request.query_params
        company = self.world.companies.find(given.get("company", "")) or self.world.companies.first()
        body = control_body(
            self.world,
            company,
            search=given.get("q", ""),
            said=given.get("said", ""),
            token=given.get("token", ""),
        )
        return page("Pretend QuickBooks", body)

    async def act(self, request: Request) -> Response:
        form = await form_of(request)
        anchor = ""
        try:
            action = form.get("action", "")
            if action in self._invoice_actions:
                company = ui_actions.company(self.world, form.get("company", ""))
                row = ui_actions.row(company, ENTITY_TYPES["Invoice"], form.get("id", ""))
                said = self._invoice_actions[action](company, row, form)
                anchor = f"#invoice-{row.qbo_id}"
            elif action in self._world_actions:
                said = self._world_actions[action](form)
            else:
                said = "Nothing was done: the page did not say what to do."
        except Fault as fault:
            said = f"Nothing was changed. {fault.detail}"
        except LookupError as missing:
            said = str(missing.args[0])
        except ValueError as problem:
            said = f"Nothing was changed. {problem}"
        self.world.revision += 1
        back = {"company": form.get("company", ""), "q": form.get("q", ""), "said": said}
        if request.query_params.get("token"):
            back["token"] = request.query_params["token"]
        return RedirectResponse("/?" + urlencode(back) + anchor, status_code=303)

    def _label(self, row: Row) -> str:
        return f"invoice {row.data.get('DocNumber', row.qbo_id)}"

    def _pay(self, company: Company, row: Row, form: Form) -> str:
        amount = form.get("amount", "").strip().replace(",", "") or None
        payment = ui_actions.pay(self.world, company, row, {"amount": amount, "ref": form.get("ref") or None})
        return f"A payment of {payment.data['TotalAmt']} was recorded for {self._label(row)}."

    def _unpay(self, company: Company, row: Row, form: Form) -> str:
        ui_actions.unpay(self.world, company, row)
        return f"The payments of {self._label(row)} were deleted."

    def _due(self, company: Company, row: Row, form: Form) -> str:
        after = ui_actions.edit(
            self.world, company, ENTITY_TYPES["Invoice"], row, {"DueDate": form.get("due", "")}
        )
        return f"{self._label(row).capitalize()} is now due on {after.data['DueDate']}."

    def _memo(self, company: Company, row: Row, form: Form) -> str:
        ui_actions.edit(
            self.world, company, ENTITY_TYPES["Invoice"], row, {"PrivateNote": form.get("memo", "")}
        )
        return f"The memo of {self._label(row)} was changed."

    def _amount(self, company: Company, row: Row, form: Form) -> str:
        amount = form.get("amount", "").strip().replace(",", "")
        after = ui_actions.set_amount(self.world, company, row, amount)
        return f"{self._label(row).capitalize()} is now {after.data['TotalAmt']} in total."

    def _void(self, company: Company, row: Row, form: Form) -> str:
        engine.void(company, ENTITY_TYPES["Invoice"], {"Id": row.qbo_id}, self.world.clock.now(), engine.PAGE)
        return f"{self._label(row).capitalize()} was voided; its payments stay with the customer as credit."

    def _delete(self, company: Company, row: Row, form: Form) -> str:
        engine.remove(
            company, ENTITY_TYPES["Invoice"], {"Id": row.qbo_id}, self.world.clock.now(), engine.PAGE
        )
        return f"{self._label(row).capitalize()} was deleted; its payments stay with the customer as credit."

    def _deposit(self, company: Company, row: Row, form: Form) -> str:
        count = ui_actions.deposit_payments(self.world, company, row)
        return f"{count} payments of {self._label(row)} were deposited at the bank."

    def _serve(self, company: Company, row: Row, form: Form) -> str:
        ui_actions.act(self.world, company, row, action=form.get("action", ""), body={})
        can = "cannot be read any more" if form.get("action") == "unserve" else "can be read again"
        return f"{self._label(row).capitalize()} {can}."

    def _merge(self, form: Form) -> str:
        company = ui_actions.company(self.world, form.get("company", ""))
        gone = ui_actions.row(company, ENTITY_TYPES["Customer"], form.get("gone", ""))
        ui_actions.act(self.world, company, gone, action="merge", body={"into": form.get("kept", "")})
        return f"{gone.data['DisplayName']} was merged."

    def _latency(self, form: Form) -> str:
        self.world.latency.as_in_life(on=form.get("slow") == "on")
        return "Answers now take as long as in life." if form.get("slow") == "on" else "Answers come at once."

    def _webhooks(self, form: Form) -> str:
        changes = {
            "enabled": form.get("enabled") == "on",
            "format": form.get("format", "cloudevents"),
            "url": form.get("url", "").strip(),
            "duplicate": form.get("duplicate") == "on",
            "reorder": form.get("reorder") == "on",
            "unknown_events": form.get("unknown_events") == "on",
            "delay_ms": int(form.get("delay_ms") or 0),
        }
        ui_actions.set_webhooks(self.world, changes)
        return "The webhook settings were saved."

    def _test(self, form: Form) -> str:
        ui_actions.set_webhooks(self.world, {"send_test": form.get("company", "")})
        settings = self.world.sender.settings
        sent = settings.enabled and settings.url
        return (
            "A test event is on its way."
            if sent
            else "No event was sent: webhooks are off or have no address."
        )

    def _fault(self, form: Form) -> str:
        rule = self.world.injector.add(
            {
                "kind": form.get("kind", ""),
                "operation": form.get("operation") or "*",
                "realm": form.get("company"),
                "count": int(form.get("count") or 0) or None,
            }
        )
        return f"The fault {rule.kind} waits for {rule.operation}."

    def _no_faults(self, form: Form) -> str:
        self.world.injector.remove(form.get("rule") or None)
        return "The fault was taken away." if form.get("rule") else "All faults were taken away."

    def _clock(self, form: Form) -> str:
        seconds = form.get("seconds", "")
        ui_actions.move_clock(self.world, {"advance_seconds": seconds} if seconds else {"skew": 0})
        return f"It is now {self.world.clock.now():%Y-%m-%d %H:%M} UTC here."

    def _disconnect(self, form: Form) -> str:
        count = self.world.tokens.disconnect(form.get("company", ""))
        return f"{count} connections were ended. Their tokens no longer work."

    def _reset(self, form: Form) -> str:
        if form.get("sure") != "on":
            return "Nothing was changed. Tick the box first to open the companies anew."
        ui_actions.reset(self.world, everything=False)
        return "All companies were opened anew."
