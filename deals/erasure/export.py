"""What is held about a person, for the person themselves."""

from datetime import datetime
from typing import Any

from .engine import held
from .registry import declarations, elsewhere
from .subject import Subject


def everything_held(subject: Subject, *, now: datetime) -> dict[str, Any]:
    """Return all that is held about a person as JSON values, by record type, with what an erasure would do to each."""
    rows = held(subject)
    return {
        "made_at": now,
        "looked_for": list(subject.names),
        "records": [
            {
                "record": str(one.title),
                "an_erasure_removes": str(one.removes),
                "an_erasure_keeps": str(one.keeps),
                "rows": rows[one.name],
            }
            for one in declarations()
            if one.name in rows
        ],
        "elsewhere": [{"system": one.system, "as": one.text} for one in elsewhere(subject)],
    }
