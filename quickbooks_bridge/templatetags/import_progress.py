"""The initial import as templates ask for it."""

from django import template
from django.utils import timezone

from quickbooks_bridge.models import Connection
from quickbooks_bridge.selectors.import_progress import ImportProgress, initial_import_progress

register = template.Library()


@register.simple_tag
def first_load_of(connection: Connection | None) -> ImportProgress | None:
    """Return how far the reading of a connection's company is, None when there is nothing to wait for."""
    return initial_import_progress(connection, now=timezone.now()) if connection else None
