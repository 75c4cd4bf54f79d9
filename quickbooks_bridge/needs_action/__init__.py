"""What needs somebody: each issue with what happened, who is responsible, when it is tried again, and what fixes it."""

from .collect import issues_of
from .issue import Issue

__all__ = ["Issue", "issues_of"]
