"""Say what is wrong with keys, tokens, announcements and schedule, and how to mend it."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from quickbooks_bridge.services.diagnosis import findings, schedule_findings


class Command(BaseCommand):
    """Look at everything QuickBooks needs; exit 1 when something must be mended."""

    help = "Say what is wrong with this installation and how to mend it. Exits 1 when something is."
    # A check that fails must not keep the doctor away.
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Take what to look at."""
        parser.add_argument("--schedule", action="store_true", help="look at broker and schedule only")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print each finding with its remedy."""
        now = timezone.now()
        found = list(schedule_findings(now=now)) if options["schedule"] else findings(now=now)
        for finding in found:
            self.stdout.write(f"{'Advice' if finding.is_advice else 'To mend'}: {finding.what}")
            self.stdout.write(f"    {finding.mend}")
        to_mend = sum(not finding.is_advice for finding in found)
        if to_mend:
            raise CommandError(f"{to_mend} to mend")
        self.stdout.write("All is well.")
