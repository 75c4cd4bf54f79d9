"""What the health page says: facts of the rows, each with its state, since when, who needs to act and what to do."""

from .components import Health
from .notification_settings import switch_set
from .page import Shown, health_of, health_stamp

__all__ = ["Health", "Shown", "health_of", "health_stamp", "switch_set"]
