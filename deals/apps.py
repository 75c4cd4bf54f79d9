"""App of the CRM side."""

from django.apps import AppConfig


class DealsConfig(AppConfig):
    """What the CRM knows: accounts, people, deals and products."""

    name = "deals"
