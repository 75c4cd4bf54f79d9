"""App of the CRM side."""

from django.apps import AppConfig


class DealsConfig(AppConfig):
    """What the CRM knows: accounts, people, deals and products."""

    name = "deals"

    def ready(self) -> None:
        """Register how the CRM's change-log lines read, what of it can be searched, and how the API is described."""
        from .account.sessions import connect_signals
        from .api import schema  # noqa: F401 - describes itself by being there
        from .crm_source import register_source
        from .erasure import own_rows
        from .pipedrive.installs import SOURCE
        from .pipedrive.source import PipedriveSource
        from .search import register_own
        from .timeline_renderers import register_kinds

        connect_signals()
        register_kinds()
        register_source(SOURCE, PipedriveSource())
        register_own()
        own_rows.register_own()
