"""The accounting API over HTTP: token, limits, faults on demand, request ids, then the operation itself."""

from __future__ import annotations

import asyncio
import time
from datetime import datetime

from starlette.requests import Request
from starlette.responses import Response

from qbo_emulator import batch, cdc, engine, exchange, faults
from qbo_emulator.clock import pacific_ms
from qbo_emulator.injection import Rule
from qbo_emulator.query.run import answer as query_answer
from qbo_emulator.schema import Family, Kind
from qbo_emulator.store import Company, Replay
from qbo_emulator.web.answers import Answer, fault_document, gateway_refusal, refusal, success, tid
from qbo_emulator.web.calls import Call, read_call
from qbo_emulator.web.connection import abort, silence
from qbo_emulator.wire import Doc
from qbo_emulator.world import World

MOST_REPLAYS = 20_000
UNAVAILABLE = "<html><head><title>503 Service Unavailable</title></head><body><h1>503</h1></body></html>"


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
        except faults.GatewayFault as fault:
            return self._out(gateway_refusal(fault, now, as_json=call.as_json))
        rule = self.world.injector.take(call.realm_id, operation)
        if rule is None:
            return self._out(self._performed(company, call))
        return await self._struck(request, company, call, rule)

    async def _struck(self, request: Request, company: Company, call: Call, rule: Rule) -> Response:
        """The answer to a request that a fault strikes, before or after it is done."""
        now, (verb, _, moment) = self.world.clock.now(), rule.kind.partition("_")
        if rule.kind == "slow":
            await asyncio.sleep(rule.delay)
        instead = _instead(rule.kind, now, as_json=call.as_json)
        if instead is not None:
            return self._out(instead)
        if moment != "before":
            answer = self._performed(company, call, in_french=rule.kind == "localised")
        if verb == "timeout":
            return await silence(request, rule.delay)
        return await abort(request) if verb == "reset" else self._out(answer)

    def _admitted(self, request: Request, call: Call) -> Company:
        grant = self.world.tokens.authorized(request.headers.get("authorization"), self.world.clock.now())
        company = self.world.companies.get(call.realm_id)
        if company is None or grant.realm_id != call.realm_id:
            raise faults.other_realm()
        self.world.limits.check(call.realm_id, batch=call.segments[:1] == ["batch"])
        return company

    def _performed(self, company: Company, call: Call, *, in_french: bool = False) -> Answer:
        """Do what the call asks, once per request id. Nothing in here waits, so nothing comes in between."""
        now = self.world.clock.now()
        try:
            replay = self._replay(company, call)
            if replay is not None:
                return replay
            answer = self._dispatched(company, call)
        except faults.Fault as fault:
            shown = faults.in_french(fault) if in_french else fault
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
        if len(given) > 50:
            raise faults.request_id_malformed(given)
        stored = company.replays.get(given)
        if stored is None:
            return None
        if stored.fingerprint != call.fingerprint:
            raise faults.request_reused()
        headers = {name: value for name, value in stored.headers.items() if name}
        return Answer(stored.status, stored.body, stored.headers[""], headers)

    def _dispatched(self, company: Company, call: Call) -> Answer:
        now = self.world.clock.now()
        head = call.segments[0] if call.segments else ""
        if head == "query":
            text = call.query.get("query") or call.body.decode("utf-8", "replace")
            return success({"QueryResponse": query_answer(company, text, now)}, now, as_json=call.as_json)
        if head == "cdc" and call.method == "GET":
            doc = cdc.answer(company, call.query.get("entities"), call.query.get("changedSince"))
            return success(doc, now, as_json=call.as_json)
        if head == "batch" and call.method == "POST":
            return success(batch.answer(company, call.document(), now), now, as_json=call.as_json)
        kind = call.kind
        if kind is None:
            raise faults.unsupported(call.path)
        if call.method == "GET":
            return self._read(company, kind, call)
        return success({kind.name: self._written(company, kind, call)}, now, as_json=call.as_json)

    def _read(self, company: Company, kind: Kind, call: Call) -> Answer:
        now = self.world.clock.now()
        parts = call.segments[1:]
        if kind.family is Family.SINGLETON and len(parts) <= 1:
            if kind.name == "CompanyInfo" and parts not in ([], [company.realm_id], ["1"]):
                raise faults.not_found()
            return success({kind.name: company.table(kind.name).rows["1"].text}, now, as_json=call.as_json)
        if kind.name == "ExchangeRate" and not parts:
            wanted = {key.lower(): value for key, value in call.query.items()}
            rate = exchange.answer(
                company, wanted.get("sourcecurrencycode"), wanted.get("asofdate"), company.today(now)
            )
            return success({kind.name: rate}, now, as_json=call.as_json)
        if len(parts) == 2 and parts[1] == "pdf" and "pdf" in kind.operations:
            # The PDF library takes longer to import than everything else together; most runs never need it.
            from qbo_emulator.pdf import form_pdf

            row = engine.read(company, kind, parts[0])
            return Answer(200, form_pdf(company, row), "application/pdf")
        if len(parts) != 1:
            raise faults.unsupported(call.path)
        qbo_id = parts[0].upper() if parts[0] in {"tax", "non"} else parts[0]
        return success({kind.name: engine.read(company, kind, qbo_id).text}, now, as_json=call.as_json)

    def _written(self, company: Company, kind: Kind, call: Call) -> object:
        now = self.world.clock.now()
        parts = call.segments[1:]
        if len(parts) == 2 and parts[1] == "send":
            return engine.send(company, kind, parts[0], call.query.get("sendTo"), now).text
        if parts:
            raise faults.unsupported(call.path)
        include = call.query.get("include", "").lower().split(",")
        options = engine.Options(duplicate_number_allowed="allowduplicatedocnum" in include)
        body = call.document()
        operation = call.operation.partition(".")[2]
        if kind.name == "ExchangeRate":
            return exchange.save(company, body, now).text
        if operation == "delete":
            return engine.remove(company, kind, body, now, options)
        if operation == "void":
            return engine.void(company, kind, body, now, options).text
        return engine.save(company, kind, body, now, options).text

    def _out(self, answer: Answer) -> Response:
        headers = {
            "Intuit-Tid": tid(self.world.traces, self.world.clock.now()),
            "Cache-Control": "max-age=0, no-cache, no-store, must-revalidate, private",
            "Expires": "0",
            **answer.headers,
        }
        response = Response(answer.body, status_code=answer.status, headers=headers)
        response.headers["Content-Type"] = answer.media
        return response


def _instead(kind: str, now: datetime, *, as_json: bool) -> Answer | None:
    """What a fault answers in place of doing anything; None for the faults that strike otherwise."""
    if kind.startswith("code:"):
        return refusal(_forced(kind[5:]), now, as_json=as_json)
    error = {"Message": "An unexpected problem", "Detail": "No further information is available."}
    codeless: Doc = {"Fault": {"Error": [error], "type": "ValidationFault"}, "time": pacific_ms(now)}
    answers = {
        "429": gateway_refusal(faults.throttled(), now, as_json=as_json),
        "429_xml": gateway_refusal(faults.throttled(), now, as_json=False),
        "unauthorized": gateway_refusal(faults.unauthenticated("Token expired"), now, as_json=as_json),
        "503_html": Answer(503, UNAVAILABLE, "text/html"),
        "500": refusal(faults.system_failure(), now, as_json=as_json),
        "200_fault": refusal(
            faults.business("The transaction was not saved."), now, as_json=as_json, status=200
        ),
        "missing_code": fault_document(codeless, 400, as_json=as_json),
    }
    return answers.get(kind)


def _forced(code: str) -> faults.Fault:
    """A refusal with a code of the caller's choice, with the usual text where there is one."""
    known = {
        fault.code: fault
        for fault in (
            faults.not_found(),
            faults.stale("Robin Hale"),
            faults.business("The transaction could not be saved."),
            faults.duplicate_name(),
            faults.duplicate_number("1001", "Invoice", "1"),
            faults.void_settled(),
            faults.deposited(),
            faults.books_closed(),
            faults.email_missing(),
            faults.system_failure(),
        )
    }
    return known.get(code) or faults.Fault(
        code, "The request was refused", f"The request was refused with code {code}", element=""
    )
