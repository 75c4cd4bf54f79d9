"""Print where an empty installation is set up; nothing once somebody works in it."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from deals.people.setup import is_empty, setup_code


class Command(BaseCommand):
    """Print the address with its code."""

    help = "Print the address where an empty installation is set up."

    def handle(self, *args: Any, **options: Any) -> None:
        """Print it, or say that there is nothing to set up."""
        if is_empty():
            self.stdout.write(f"Set it up here: {settings.PUBLIC_URL}/setup/?code={setup_code()}")
        elif options["verbosity"]:
            self.stdout.write("Somebody works here already.")
