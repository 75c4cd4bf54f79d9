"""QuickBooks' webhooks as fast as asked for, from a process of their own: `python -m bench.sender` reads JSON, prints JSON.

Sent by the clock, whether or not earlier ones are answered, and timed from the moment they were due: a server that
stands still for a second is charged for all that waited meanwhile.
"""

import asyncio
import base64
import hashlib
import hmac
import json
import random
import sys
import time
from collections import Counter, deque
from dataclasses import dataclass, field
from typing import Any

DUPLICATE, FORGED, STRANGE, MANY = 0.04, 0.04, 0.02, 0.02


@dataclass(frozen=True)
class Post:
    """One request as bytes, the status it must get, and the changes it tells of."""

    data: bytes
    status: int
    changes: tuple[str, ...]


@dataclass
class Outcome:
    """What came back."""

    taken: list[float] = field(default_factory=list)
    statuses: Counter[str] = field(default_factory=Counter)
    wrong: int = 0
    lost: int = 0


def posts(job: dict[str, Any]) -> list[Post]:
    """All requests: both formats, repeated ones, forged ones, ones of companies nobody knows."""
    chance = random.Random(11)
    made: list[Post] = []
    for number in range(int(job["rate"] * job["seconds"])):
        dice = chance.random()
        if dice < DUPLICATE and made:
            made.append(chance.choice(made))
            continue
        is_forged = dice < DUPLICATE + FORGED
        is_strange = not is_forged and dice < DUPLICATE + FORGED + STRANGE
        realm = f"4000{number}" if is_strange else chance.choice(job["realms"])
        ids = [f"{number}-{at}" for at in range(20 if chance.random() < MANY else 1)]
        body = _classic(realm, ids) if number % 2 else _cloud_events(realm, ids)
        token = "somebody else's" if is_forged else job["token"]
        known = () if is_forged or is_strange else tuple(ids)
        made.append(Post(_request(job, body, token), 401 if is_forged else 200, known))
    return made


def _classic(realm: str, ids: list[str]) -> bytes:
    at = "2026-03-17T12:00:00-07:00"
    entities = [{"name": "Invoice", "id": one, "operation": "Update", "lastUpdated": at} for one in ids]
    return json.dumps(
        {"eventNotifications": [{"realmId": realm, "dataChangeEvent": {"entities": entities}}]}
    ).encode()


def _cloud_events(realm: str, ids: list[str]) -> bytes:
    events = [
        {
            "specversion": "1.0",
            "id": f"event-{one}",
            "source": "intuit.bench",
            "type": "qbo.invoice.updated.v1",
            "datacontenttype": "application/json",
            "time": "2026-03-17T19:00:00Z",
            "intuitentityid": one,
            "intuitaccountid": realm,
            "data": {},
        }
        for one in ids
    ]
    return json.dumps(events).encode()


def _request(job: dict[str, Any], body: bytes, token: str) -> bytes:
    signature = base64.b64encode(hmac.new(token.encode(), body, hashlib.sha256).digest()).decode()
    head = (
        f"POST /quickbooks/webhook/ HTTP/1.1\r\nHost: 127.0.0.1:{job['port']}\r\n"
        f"Content-Type: application/json\r\nintuit-signature: {signature}\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


async def _answer(reader: asyncio.StreamReader) -> tuple[int, bool]:
    """Read one answer; gives its status and whether the connection stays."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
    length = head.partition("content-length:")[2].partition("\r\n")[0].strip()
    if length and int(length):
        await reader.readexactly(int(length))
    return int(head.split(" ", 2)[1]), "connection: close" not in head


async def _carry(
    job: dict[str, Any], waiting: "asyncio.Queue[tuple[float, Post] | None]", outcome: Outcome
) -> None:
    """One kept-alive connection that carries what is due."""
    reader: asyncio.StreamReader | None = None
    writer: asyncio.StreamWriter | None = None
    while (entry := await waiting.get()) is not None:
        due, post = entry
        for attempt in (1, 2):
            try:
                if reader is None or writer is None:
                    reader, writer = await asyncio.open_connection("127.0.0.1", job["port"])
                writer.write(post.data)
                status, is_kept = await asyncio.wait_for(_answer(reader), 30)
            except (OSError, asyncio.IncompleteReadError, TimeoutError):
                reader = writer = None
                outcome.lost += attempt == 2
                continue
            outcome.taken.append(time.perf_counter() - due)
            outcome.statuses[str(status)] += 1
            outcome.wrong += status != post.status
            if not is_kept:
                writer.close()
                reader = writer = None
            break


async def send(job: dict[str, Any], made: list[Post]) -> Outcome:
    """Send all of it at the rate asked for."""
    outcome = Outcome()
    waiting: asyncio.Queue[tuple[float, Post] | None] = asyncio.Queue()
    carriers = [asyncio.create_task(_carry(job, waiting, outcome)) for _one in range(job["connections"])]
    left, began, sent = deque(made), time.perf_counter() + 0.5, 0
    while left:
        due = began + sent / job["rate"]
        late = time.perf_counter() - due
        if late < 0:
            await asyncio.sleep(min(0.002, -late))
            continue
        waiting.put_nowait((due, left.popleft()))
        sent += 1
    for _one in carriers:
        waiting.put_nowait(None)
    await asyncio.gather(*carriers)
    return outcome


def main() -> None:
    job = json.loads(sys.stdin.readline())
    made = posts(job)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    spent, began = time.process_time(), time.perf_counter()
    outcome = asyncio.run(send(job, made))
    took, taken = time.perf_counter() - began, sorted(outcome.taken)
    answer = {
        "sent": len(made),
        "answered": len(taken),
        "told": sorted({one for post in made for one in post.changes}),
        "forged": sum(post.status == 401 for post in made),
        "statuses": outcome.statuses,
        "wrong": outcome.wrong,
        "lost": outcome.lost,
        "seconds": took,
        "cores": (time.process_time() - spent) / took,
        **{f"p{part}": taken[min(len(taken) - 1, len(taken) * part // 100)] * 1000 for part in (50, 95, 99)},
        "max": taken[-1] * 1000,
    }
    sys.stdout.write(json.dumps(answer) + "\n")


if __name__ == "__main__":
    main()
