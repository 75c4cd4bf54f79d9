"""What is said to somebody who has QuickBooks asked too often."""

from deals.viewer import Viewer
from quickbooks_bridge.gateway.errors import Throttled
from quickbooks_bridge.messages.problems import message_for
from quickbooks_bridge.services.operations.person_limit import person_asks


def person_limited(viewer: Viewer) -> str:
    """Count that a person has QuickBooks asked; gives what to say when it was too often, else ""."""
    try:
        person_asks(viewer)
    except Throttled as error:
        return message_for(error.problem_code)
    return ""
