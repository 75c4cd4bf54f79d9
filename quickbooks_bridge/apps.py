"""App of the QuickBooks side."""

import atexit

from django.apps import AppConfig
from django.core.signals import request_finished


class QuickbooksBridgeConfig(AppConfig):
    """Everything about QuickBooks; adds its parts to deal page and deals list when it starts."""

    name = "quickbooks_bridge"

    def ready(self) -> None:
        """Register what it adds to deal pages and lists, the kinds of change-log lines and the system checks."""
        from . import checks, deal_columns, deal_panels, invoice_search, timeline_kinds
        from .services.calls import write_counts

        # Where no Redis is shared each process writes down what it counted, and all of it when it ends.
        request_finished.connect(write_counts, dispatch_uid="write_counts")
        atexit.register(write_counts, at_once=True)
        checks.register_checks()
        timeline_kinds.register_kinds()
        deal_panels.register_panels()
        deal_columns.register_list_parts()
        invoice_search.register_finders()
