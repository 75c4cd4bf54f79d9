"""Wiring only: settings, addresses, Celery, health and logging of the project."""

from .celery import app as celery_app

__all__ = ["VERSION", "celery_app"]

# The project's own, as pyproject.toml has it.
VERSION = "0.1.0"
