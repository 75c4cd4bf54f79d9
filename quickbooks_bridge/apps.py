"""App of the QuickBooks side."""

from django.apps import AppConfig


class QuickbooksBridgeConfig(AppConfig):
    """Everything about QuickBooks; adds its panels to the deal page when it starts."""

    name = "quickbooks_bridge"

    def ready(self) -> None:
        """Register the deal page's panels, the kinds of change-log lines and the system checks."""
        from . import checks, deal_panels, timeline_kinds

        checks.register_checks()
        timeline_kinds.register_kinds()
        deal_panels.register_panels()
