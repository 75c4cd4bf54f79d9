"""Wiring only: settings, addresses, Celery, health and logging of the project."""

from .celery import app as celery_app

__all__ = ["celery_app"]
