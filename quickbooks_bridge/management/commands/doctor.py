"""Say what is wrong with keys, tokens, webhook events and schedule, and how to fix it."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from quickbooks_bridge.services.doctor import diagnoses, schedule_findings


class Command(BaseCommand):
    """Look at everything QuickBooks needs; exit 1 when something must be fixed."""

    help = "Say what is wrong with this installation and how to fix it. Exits 1 when something is."
    # A check that fails must not keep the doctor away.
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Take what to look at."""
        parser.add_argument("--schedule", action="store_true", help="look at broker and schedule only")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print each finding with its remedy."""
        now = timezone.now()
        found = list(schedule_findings(now=now)) if options["schedule"] else diagnoses(now=now)
        for finding in found:
            self.stdout.write(f"{'Advice' if finding.is_advice else 'To fix'}: {finding.what}")
            self.stdout.write(f"    {finding.fix}")
        to_fix = sum(not finding.is_advice for finding in found)
        if to_fix:
            raise CommandError(f"{to_fix} to fix")
        self.stdout.write("All is well.")
