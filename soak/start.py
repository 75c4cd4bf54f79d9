"""Starts a process of the product with some of its waiting times shortened (SOAK_CONSTANTS), nothing else changed."""

import importlib
import json
import os
import sys
from datetime import timedelta

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "crm_invoicing.settings")

import django

django.setup()


def shorten() -> None:
    """Set module constants: {"package.module:NAME": seconds}."""
    for name, value in json.loads(os.environ.get("SOAK_CONSTANTS") or "{}").items():
        module, _colon, constant = name.partition(":")
        loaded = importlib.import_module(module)
        known = getattr(loaded, constant)
        setattr(loaded, constant, timedelta(seconds=value) if isinstance(known, timedelta) else value)


def small_disk() -> None:
    """Let the database file grow no further (SOAK_MAX_PAGES), as on a full disk."""
    from django.db.backends.signals import connection_created

    def limit(connection, **_more) -> None:
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA max_page_count = 1")

    connection_created.connect(limit, weak=False)


def main() -> None:
    what, arguments = sys.argv[1], sys.argv[2:]
    shorten()
    if os.environ.get("SOAK_MAX_PAGES"):
        small_disk()
    if what == "web":
        import waitress

        from crm_invoicing.web_server import options
        from crm_invoicing.wsgi import application

        waitress.serve(application, **options(f"127.0.0.1:{arguments[0]}", os.environ))
    elif what == "refresher":
        from soak.refresher import serve

        serve(int(arguments[0]), int(arguments[1]))
    else:
        from django.core.management import call_command

        call_command("worker")


if __name__ == "__main__":
    main()
