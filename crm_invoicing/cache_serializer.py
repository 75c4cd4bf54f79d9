"""How values are kept in Redis: as JSON, which can hold no code."""

import json
from typing import Any


class JsonSerializer:
    """Django's seam for its Redis cache. Whole numbers stay bare, so that Redis can count with them."""

    def dumps(self, obj: Any) -> int | bytes:
        """Return what is stored; raises TypeError for what JSON cannot hold."""
        return obj if type(obj) is int else json.dumps(obj).encode()

    def loads(self, data: bytes) -> Any:
        """Return what was stored."""
        return json.loads(data)
