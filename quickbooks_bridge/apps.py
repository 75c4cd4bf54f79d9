"""App of the QuickBooks side."""

from django.apps import AppConfig


class QuickbooksBridgeConfig(AppConfig):
    """Everything about QuickBooks; adds its parts to deal page and deals list when it starts."""

    name = "quickbooks_bridge"

    def ready(self) -> None:
        """Register what it adds to deal pages and lists, the kinds of change-log lines and the system checks."""
        from . import checks, deal_columns, deal_panels, timeline_kinds

        checks.register_checks()
        timeline_kinds.register_kinds()
        deal_panels.register_panels()
        deal_columns.register_list_parts()
