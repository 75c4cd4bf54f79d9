"""Foreseeable mistakes as values: what is wrong, where, and what it takes to fix it."""

import dataclasses
from dataclasses import dataclass

from quickbooks_bridge.domain.problem_codes import ProblemCode

# QuickBooks fails to create it for as long as we try, and refuses nothing: no fault of what was written.
KEEPS_FAILING = ProblemCode.KEEPS_FAILING


@dataclass(frozen=True)
class Problem:
    """Something that would be, or was, refused.

    `code` names the sentence (messages/problems.py puts it into words with `params`); `field` names the form field it
    belongs to ("" for the whole form) and `line` the index of the line item, counted from 0.
    """

    code: str
    field: str = ""
    line: int | None = None
    params: dict[str, str] = dataclasses.field(default_factory=dict)
    is_blocking: bool = True

    def as_dict(self) -> dict[str, object]:
        """Return a JSON-ready form, read back by `from_dict`."""
        return {
            "code": self.code,
            "field": self.field,
            "line": self.line,
            "params": self.params,
            "is_blocking": self.is_blocking,
        }

    @staticmethod
    def from_dict(data: dict[str, object]) -> "Problem":
        """Read what `as_dict` gave."""
        line = data.get("line")
        params = data.get("params")
        return Problem(
            code=str(data["code"]),
            field=str(data.get("field", "")),
            line=line if isinstance(line, int) else None,
            params={str(key): str(value) for key, value in params.items()}
            if isinstance(params, dict)
            else {},
            is_blocking=bool(data.get("is_blocking", True)),
        )
