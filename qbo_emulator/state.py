"""The state file: everything of a world as JSON, written whole or not at all."""

from __future__ import annotations

import os
from base64 import b64decode, b64encode
from collections import OrderedDict
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from qbo_emulator.core import ledger
from qbo_emulator.core.clock import Clock
from qbo_emulator.core.id_generator import Entropy
from qbo_emulator.core.limits import LimitSettings
from qbo_emulator.core.oauth import Code, Grant
from qbo_emulator.core.rows import Row
from qbo_emulator.core.store import Company, Replay
from qbo_emulator.entities import empty_tables
from qbo_emulator.json_codec import Doc, decode, encode
from qbo_emulator.seed.profiles import PROFILES
from qbo_emulator.world import Settings, World

FORMAT = 1


def dump(world: World) -> str:
    """The world as JSON text."""
    return encode(
        {
            "format": FORMAT,
            "seed": world.entropy.seed,
            "drawn": world.entropy.drawn,
            "offset_seconds": world.clock.offset.total_seconds(),
            "client_id": world.client_id,
            "client_secret": world.client_secret,
            "verifier_token": world.sender.verifier_token,
            "rotation_seconds": world.tokens.rotation_seconds,
            "webhooks": asdict(world.sender.settings),
            "limits": asdict(world.limits.settings),
            "grants": [_grant_out(grant) for grant in world.tokens.grants],
            "codes": [_code_out(world, code, found) for code, found in world.tokens.codes.items()],
            "waiting": {
                "companies": world.settings.companies,
                "invoices": world.settings.invoices,
                "since": world.waiting_since.isoformat() if world.waiting_since else None,
            },
            "companies": [_company_out(company) for company in world.companies.values()],
        }
    )


def _grant_out(grant: Grant) -> Doc:
    return {
        "realm_id": grant.realm_id,
        "scopes": list(grant.scopes),
        "refresh_token": grant.refresh_token,
        "refresh_issued": grant.refresh_issued.isoformat(),
        "refresh_expires": grant.refresh_expires.isoformat(),
        "hard_expires": grant.hard_expires.isoformat(),
        "access": {token: expires.isoformat() for token, expires in grant.access.items()},
        "former": sorted(grant.former),
        "revoked": grant.revoked,
        "ready": grant.ready,
    }


def _code_out(world: World, code: str, found: Code) -> Doc:
    number = world.tokens.grants.index(found.grant) if found.grant is not None else None
    return {
        "code": code,
        "realm_id": found.realm_id,
        "redirect_uri": found.redirect_uri,
        "scopes": list(found.scopes),
        "expires": found.expires.isoformat(),
        "grant": number,
    }


def _company_out(company: Company) -> Doc:
    return {
        "profile": company.profile.key,
        "realm_id": company.realm_id,
        "sequences": company.sequences,
        "highest_number": company.highest_number,
        "switches": company.switches.doc(),
        "unserved": sorted(map(list, company.unserved)),
        "files": {key: b64encode(content).decode() for key, content in company.files.items()},
        "tables": {
            kind: {
                "rows": [
                    [table.rows[qbo_id].updated.isoformat(), table.rows[qbo_id].text]
                    for qbo_id in table.changed
                ],
                "deleted": {qbo_id: when.isoformat() for qbo_id, when in table.deleted.items()},
            }
            for kind, table in company.tables.items()
        },
        "replays": {request_id: asdict(replay) for request_id, replay in company.replays.items()},
    }


def load(text: str, settings: Settings) -> World:
    """The world of a state file; what the command line gives comes before what the file says.

    ValueError when the text is no state of this format.
    """
    doc = decode(text)
    if not isinstance(doc, dict) or doc.get("format") != FORMAT:
        raise ValueError("not a state file of this version")
    clock = Clock()
    clock.offset = timedelta(seconds=float(doc["offset_seconds"]))
    world = World(settings, clock=clock, entropy=Entropy(seed=doc["seed"], drawn=int(doc["drawn"])))
    world.client_id = settings.client_id or doc["client_id"]
    world.client_secret = settings.client_secret or doc["client_secret"]
    world.sender.verifier_token = settings.verifier_token or doc["verifier_token"]
    world.tokens.rotation_seconds = float(doc["rotation_seconds"])
    world.sender.settings.change(doc["webhooks"])
    if settings.webhook_url:
        world.sender.settings.url = settings.webhook_url
    if settings.limits_on:
        world.limits.settings = LimitSettings(**doc["limits"])
    for grant in doc["grants"]:
        world.tokens.add(_grant_in(grant))
    for code in doc["codes"]:
        _code_in(world, code)
    for company in doc["companies"]:
        world.add_company(_company_in(company))
    waiting = doc.get("waiting") or {}
    if waiting.get("since"):
        world.settings = replace(settings, companies=waiting["companies"], invoices=waiting["invoices"])
        world.wait_for_small(datetime.fromisoformat(waiting["since"]))
    return world


def _grant_in(doc: Doc) -> Grant:
    return Grant(
        realm_id=doc["realm_id"],
        scopes=tuple(doc["scopes"]),
        refresh_token=doc["refresh_token"],
        refresh_issued=datetime.fromisoformat(doc["refresh_issued"]),
        refresh_expires=datetime.fromisoformat(doc["refresh_expires"]),
        hard_expires=datetime.fromisoformat(doc["hard_expires"]),
        access={token: datetime.fromisoformat(expires) for token, expires in doc["access"].items()},
        former=set(doc["former"]),
        revoked=doc["revoked"],
        ready=doc["ready"],
    )


def _code_in(world: World, doc: Doc) -> None:
    world.tokens.codes[doc["code"]] = Code(
        doc["realm_id"],
        doc["redirect_uri"],
        tuple(doc["scopes"]),
        datetime.fromisoformat(doc["expires"]),
        world.tokens.grants[doc["grant"]] if doc["grant"] is not None else None,
    )


def _company_in(doc: Doc) -> Company:
    company = Company(
        profile=PROFILES[doc["profile"]],
        realm_id=doc["realm_id"],
        tables=empty_tables(),
        sequences=dict(doc["sequences"]),
        highest_number=int(doc["highest_number"]),
        files={key: b64decode(content) for key, content in doc.get("files", {}).items()},
        replays=OrderedDict((key, Replay(**value)) for key, value in doc["replays"].items()),
    )
    for name, value in doc.get("switches", {}).items():
        company.switches.change(name, value)
    company.unserved = {(kind, qbo_id) for kind, qbo_id in doc.get("unserved", [])}
    for kind, stored in doc["tables"].items():
        table = company.table(kind)
        for updated, data in stored["rows"]:
            table.put(Row(kind, data["Id"], data, datetime.fromisoformat(updated)))
        for qbo_id, when in stored["deleted"].items():
            table.deleted[qbo_id] = datetime.fromisoformat(when)
    for kind in ledger.PAYER_KINDS:
        for payment in company.table(kind).rows.values():
            for settled, amount in ledger.applications(payment.data).items():
                company.applied.setdefault(settled, {})[payment.qbo_id] = amount
    return company


class StateFile:
    """Where a world is kept between runs."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._saved_mark: int | None = None

    def read(self, settings: Settings) -> World | None:
        """The stored world; None when there is no file yet (ValueError when it cannot be used)."""
        try:
            text = self.path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return None
        try:
            return load(text, settings)
        except (KeyError, TypeError, IndexError, AttributeError) as problem:
            raise ValueError("the file is incomplete") from problem

    def write(self, world: World) -> bool:
        """Save when something changed since the last save; the file is replaced in one step."""
        mark: Any = world.dirty_mark
        if mark == self._saved_mark:
            return False
        beside = self.path.with_name(self.path.name + ".new")
        beside.write_text(dump(world), encoding="utf-8")
        os.replace(beside, self.path)
        self._saved_mark = mark
        return True
