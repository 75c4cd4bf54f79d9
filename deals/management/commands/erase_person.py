"""Erase a person from the command line, or show what an erasure would change."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from deals.erasure import engine, runs
from deals.erasure.subject import SubjectRefused, people_found, subject_of
from deals.models import Erasure, Member


class Command(BaseCommand):
    """Find who has a name or address, show what is held of the chosen ones, and erase with --erase."""

    help = "Erase a person's data: without --who lists who is found, without --erase changes nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the admin who answers for it, the words, and who of those found is meant."""
        parser.add_argument("admin", help="sign-in name of the admin who answers for it")
        parser.add_argument("words", help="name or address")
        parser.add_argument("--who", action="append", default=[], help="a key of the list, such as person:5")
        parser.add_argument("--also", action="append", default=[], help="a further name or address")
        parser.add_argument("--erase", action="store_true", help="erase; without it nothing is changed")

    def handle(self, *args: Any, **options: Any) -> None:
        """List, count or erase."""
        by = Member.objects.select_related("account").filter(user__username=options["admin"]).first()
        if by is None or not by.is_admin:
            raise CommandError("This is no admin's sign-in name.")
        if not options["who"]:
            for found in people_found(by.account, options["words"]):
                self.stdout.write(f"{found.key}\t{found.kind}\t{found.name}\t{found.note}")
            return
        try:
            subject = subject_of(
                by.account, options["who"], also="\n".join([options["words"], *options["also"]])
            )
            if not options["erase"]:
                for count in engine.counts(subject):
                    self.stdout.write(f"{count.rows}\t{count.declaration.title}\t{count.declaration.removes}")
                self.stdout.write("Nothing was changed. Add --erase to erase.")
                return
            now = timezone.now()
            row: Erasure | None = runs.erasure_begin(by, subject, now=now)
        except SubjectRefused as refused:
            raise CommandError(refused.text) from refused
        while row is not None and row.state == Erasure.State.RUNNING:
            row = runs.erasure_continue(row.pk, now=now)
        if row is None:
            self.stdout.write("It goes on in the background.")
            return
        self.stdout.write(f"{row.label}: {sum(row.counts.values())} rows changed.")
