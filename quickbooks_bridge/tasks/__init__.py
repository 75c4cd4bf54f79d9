"""Celery tasks, one module per subject; importing the package registers them all."""

from . import dispatch, inbox, invoices, maintenance, sync, write_back

__all__ = ["dispatch", "inbox", "invoices", "maintenance", "sync", "write_back"]
