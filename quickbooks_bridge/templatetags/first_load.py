"""The first load as templates ask for it."""

from django import template
from django.utils import timezone

from quickbooks_bridge.first_load import FirstLoad, first_load
from quickbooks_bridge.models import Connection

register = template.Library()


@register.simple_tag
def first_load_of(connection: Connection | None) -> FirstLoad | None:
    """Give how far the reading of a connection's company is, None when there is nothing to wait for."""
    return first_load(connection, now=timezone.now()) if connection else None
