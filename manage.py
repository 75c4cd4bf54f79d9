#!/usr/bin/env python
"""Command line of the project: every administrative task starts here."""

import os
import sys


def main() -> None:
    """Hand the command line to Django."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "crm_invoicing.settings")
    from django.core.management import execute_from_command_line

    from crm_invoicing.private_files import UMASK

    # A command run by hand may make the database. Static files are for everybody, for the image's user above all.
    if "collectstatic" not in sys.argv[1:2]:
        os.umask(UMASK)

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
