"""What the health page says: facts of the rows, each with its state, since when, whose turn it is and what to do."""

from .page import Shown, health_of, health_stamp
from .parts import Health
from .told import switch_set

__all__ = ["Health", "Shown", "health_of", "health_stamp", "switch_set"]
