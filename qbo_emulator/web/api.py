"""The accounting API over HTTP: token, limits, faults on demand, request ids, then the operation itself."""

from __future__ import annotations

import asyncio
import time

from starlette.requests import Request
from starlette.responses import Response

from qbo_emulator.core import invoice_links
from qbo_emulator.core.schema import EntityType, Family
from qbo_emulator.core.store import Company, Replay
from qbo_emulator.entities.bank import as_transfer
from qbo_emulator.entities.taxes import create_code
from qbo_emulator.faults import errors
from qbo_emulator.faults.catalog import in_french as in_french_of
from qbo_emulator.faults.injection import Rule
from qbo_emulator.operations import batch, cdc, engine, exchange, recurring
from qbo_emulator.query.run import answer as query_answer
from qbo_emulator.reports.answer import answer as report_answer
from qbo_emulator.web.answers import Answer, gateway_refusal, refusal, success, tid
from qbo_emulator.web.attachments import download_address, uploaded
from qbo_emulator.web.calls import Call, read_call
from qbo_emulator.web.connection import abort, dripping, silence, truncated
from qbo_emulator.web.fault_responses import instead_of, strike_of
from qbo_emulator.world import World

MOST_REPLAYS = 20_000
MOST_ID, MOST_BATCH_ID = 50, 36
ACCOUNTING = "com.intuit.quickbooks.accounting"


class Api:
    """Answers everything below /v3/company."""

    def __init__(self, world: World) -> None:
        self.world = world

    async def handle(self, request: Request) -> Response:
        started = time.perf_counter()
        call = await read_call(request)
        operation = call.operation
        response = await self._respond(request, call, operation)
        self.world.requests.add(
            {
                "at": self.world.clock.now().isoformat(),
                "method": call.method,
                "path": call.path,
                "operation": operation,
                "realm_id": call.realm_id,
                "status": response.status_code,
                "requestid": call.request_id or None,
                "changed_since": call.query.get("changedSince"),
                "query": call.query.get("query")
                or (call.body.decode("utf-8", "replace") if operation == "query" else None),
                "ms": round((time.perf_counter() - started) * 1000, 2),
            }
        )
        return response

    async def _respond(self, request: Request, call: Call, operation: str) -> Response:
        now = self.world.clock.now()
        try:
            company = self._admitted(request, call)
        except errors.GatewayFault as fault:
            return self._out(gateway_refusal(fault, now, as_json=call.as_json))
        wait = self.world.latency.seconds(operation)
        if wait:
            await asyncio.sleep(wait)
        rule = self.world.injector.take(call.realm_id, operation, call.body)
        if rule is None:
            return self._out(self._performed(company, call))
        return await self._struck(request, company, call, rule)

    async def _struck(self, request: Request, company: Company, call: Call, rule: Rule) -> Response:
        """The answer to a request that a fault strikes, before or after it is done."""
        if rule.kind == "slow":
            await asyncio.sleep(rule.delay)
        strike = strike_of(rule.kind)
        if strike.is_done:
            with self.world.clock.off_by(rule.skew if rule.kind == "clock_skew" else 0):
                answer = self._performed(company, call, in_french=rule.kind == "localised")
        if strike.is_silent:
            return await silence(request, rule.delay)
        if strike.is_reset:
            return await abort(request)
        instead = instead_of(rule, self.world.clock.now(), as_json=call.as_json)
        if instead is not None:
            return self._out(instead)
        if rule.kind == "truncated":
            return truncated(request, self._out(answer))
        return dripping(self._out(answer), rule.delay) if rule.kind == "slow_drip" else self._out(answer)

    def _admitted(self, request: Request, call: Call) -> Company:
        grant = self.world.tokens.authorized(request.headers.get("authorization"), self.world.clock.now())
        company = self.world.companies.find(call.realm_id)
        if company is None or grant.realm_id != call.realm_id or ACCOUNTING not in grant.scopes:
            raise errors.other_realm()
        self.world.limits.check(
            call.realm_id, batch=call.segments[:1] == ["batch"], email=call.segments[-1:] == ["send"]
        )
        return company

    def _performed(self, company: Company, call: Call, *, in_french: bool = False) -> Answer:
        """Do what the call asks, once per request id. Nothing in here waits, so nothing comes in between."""
        now = self.world.clock.now()
        try:
            replay = self._replay(company, call)
            if replay is not None:
                return replay
            answer = self._dispatched(company, call)
        except errors.Fault as fault:
            shown = in_french_of(fault) if in_french else fault
            return refusal(shown, now, as_json=call.as_json)
        if call.request_id and call.method == "POST" and isinstance(answer.body, str):
            company.replays[call.request_id] = Replay(
                call.fingerprint, answer.status, answer.body, {**answer.headers, "": answer.media}
            )
            while len(company.replays) > MOST_REPLAYS:
                company.replays.popitem(last=False)
        return answer

    def _replay(self, company: Company, call: Call) -> Answer | None:
        given = call.request_id
        if not given or call.method != "POST":
            return None
        longest = MOST_BATCH_ID if call.segments[:1] == ["batch"] else MOST_ID
        if len(given) > longest:
            raise errors.request_id_malformed(given, longest)
        stored = company.replays.get(given)
        if stored is None:
            return None
        if stored.fingerprint != call.fingerprint:
            raise errors.request_reused()
        headers = {name: value for name, value in stored.headers.items() if name}
        return Answer(stored.status, stored.body, stored.headers[""], headers)

    def _dispatched(self, company: Company, call: Call) -> Answer:
        now = self.world.clock.now()
        head = call.segments[0] if call.segments else ""
        if call.method not in {"GET", "POST"}:
            raise errors.unsupported(call.path)
        if head == "query" and len(call.segments) == 1:
            text = call.query.get("query") or call.text()
            return success({"QueryResponse": query_answer(company, text, now)}, now, as_json=call.as_json)
        if head == "cdc" and call.method == "GET":
            doc = cdc.answer(company, call.query.get("entities"), call.query.get("changedSince"), now)
            return success(doc, now, as_json=call.as_json)
        if head == "batch" and call.method == "POST":
            doc = batch.answer(company, call.document(), now, has_request_id=bool(call.request_id))
            return success(doc, now, as_json=call.as_json)
        if head == "upload" and call.method == "POST":
            return success(uploaded(company, call, now), now, as_json=call.as_json)
        if head == "download" and call.method == "GET" and len(call.segments) == 2:
            return Answer(200, download_address(company, call.segments[1]), "text/plain;charset=UTF-8")
        if head == "reports" and call.method == "GET" and len(call.segments) == 2:
            return success(
                report_answer(company, call.segments[1], call.query, now), now, as_json=call.as_json
            )
        if call.segments == ["taxservice", "taxcode"] and call.method == "POST":
            return success(create_code(company, call.document(), now), now, as_json=call.as_json)
        kind = call.kind
        if kind is None:
            raise errors.unsupported(call.path)
        if call.method == "GET":
            return self._read(company, kind, call)
        return success({kind.name: self._written(company, kind, call)}, now, as_json=call.as_json)

    def _read(self, company: Company, kind: EntityType, call: Call) -> Answer:
        now = self.world.clock.now()
        parts = call.segments[1:]
        if kind.family is Family.SINGLETON and len(parts) <= 1:
            if kind.name == "CompanyInfo" and parts not in ([], [company.realm_id], ["1"]):
                raise errors.not_found()
            return success({kind.name: company.table(kind.name).rows["1"].text}, now, as_json=call.as_json)
        if kind.name == "ExchangeRate" and not parts:
            wanted = {key.lower(): value for key, value in call.query.items()}
            rate = exchange.answer(
                company, wanted.get("sourcecurrencycode"), wanted.get("asofdate"), company.today(now)
            )
            return success({kind.name: rate}, now, as_json=call.as_json)
        if len(parts) == 2 and parts[1] == "pdf" and "pdf" in kind.operations:
            # The PDF library takes longer to import than everything else together; most runs never need it.
            from qbo_emulator.core.pdf import form_pdf

            row = engine.read(company, kind, parts[0])
            return Answer(200, form_pdf(company, row), "application/pdf")
        if len(parts) != 1:
            raise errors.unsupported(call.path)
        qbo_id = parts[0].upper() if parts[0] in {"tax", "non"} else parts[0]
        if kind.name == "Transfer" and company.row(kind.name, qbo_id) is None:
            card_payment = as_transfer(company, qbo_id)
            if card_payment is not None:
                return success({kind.name: card_payment}, now, as_json=call.as_json)
        found = engine.read(company, kind, qbo_id)
        company.require_served(kind.name, [found.qbo_id])
        if kind.name == "Invoice" and "invoicelink" in call.query.get("include", "").lower().split(","):
            return success(
                {kind.name: invoice_links.shown(self.world.url, company, found)}, now, as_json=call.as_json
            )
        return success({kind.name: kind.shown(found)}, now, as_json=call.as_json)

    def _written(self, company: Company, kind: EntityType, call: Call) -> object:
        now = self.world.clock.now()
        parts = call.segments[1:]
        if len(parts) == 2 and parts[1] == "send":
            if call.body.strip():
                raise errors.unreadable_body("The request body of /send")
            return engine.send(company, kind, parts[0], call.query.get("sendTo"), now).text
        if parts:
            raise errors.unsupported(call.path)
        include = call.query.get("include", "").lower().split(",")
        options = engine.Options(duplicate_number_allowed="allowduplicatedocnum" in include)
        body = call.document()
        operation = call.operation.partition(".")[2]
        if kind.name == "ExchangeRate":
            return kind.shown(exchange.save(company, body, now))
        if kind.name == recurring.KIND:
            is_deleted = operation == "delete"
            return (
                recurring.remove(company, body, now)
                if is_deleted
                else kind.shown(recurring.save(company, body, now))
            )
        if operation == "delete":
            return engine.remove(company, kind, body, now, options)
        if operation == "void":
            return engine.void(company, kind, body, now, options).text
        return engine.save(company, kind, body, now, options).text

    def _out(self, answer: Answer) -> Response:
        trace = tid(self.world.traces, self.world.clock.now())
        headers = {"Server": "nginx", "Intuit-Tid": trace, **answer.headers}
        if answer.is_from_service:
            headers |= {"X-SpanId": self.world.traces.uuid(), "X-Amzn-Trace-Id": f"Root={trace}"}
        response = Response(answer.body, status_code=answer.status, headers=headers)
        response.headers["Content-Type"] = answer.media
        return response
