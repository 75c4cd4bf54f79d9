"""What the health page says: facts of the rows, each with its state, since when, whose turn it is and what to do."""

from datetime import datetime

from deals.viewer import Viewer
from quickbooks_bridge.models import Connection

from .connection import connection_facts
from .limits import reads
from .looks import announcements, looks
from .parts import Health
from .work import work

__all__ = ["Health", "health_of"]


def health_of(viewer: Viewer, connection: Connection, *, now: datetime) -> Health:
    """Look at the rows of the viewer's account; QuickBooks is asked nothing."""
    health = Health()
    connection_facts(health, viewer, connection, now)
    looks(health, connection, now)
    announcements(health, connection, now)
    work(health, connection, now)
    reads(health, connection, now)
    return health
