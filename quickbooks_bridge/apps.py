"""App of the QuickBooks side."""

import atexit

from django.apps import AppConfig
from django.core.signals import request_finished


class QuickbooksBridgeConfig(AppConfig):
    """Everything about QuickBooks; adds its parts to deal page and deals list when it starts."""

    name = "quickbooks_bridge"

    def ready(self) -> None:
        """Register what it adds to deal pages and lists, the kinds of change-log lines and the system checks."""
        from . import checks
        from .deal_page import list_columns, panels, search_provider, timeline_renderers
        from .services.invoicing.erasure import register_erasure
        from .services.operations.api_usage import usage_flush

        # Where no Redis is shared each process writes down what it counted, and all of it when it ends.
        request_finished.connect(usage_flush, dispatch_uid="write_counts")
        atexit.register(usage_flush, at_once=True)
        checks.register_checks()
        timeline_renderers.register_kinds()
        panels.register_panels()
        list_columns.register_list_parts()
        search_provider.register_search_providers()
        register_erasure()
