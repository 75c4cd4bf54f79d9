"""Make a person of a company who can sign in; the company too when it is new."""

import getpass
import os
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from deals.models import Account, Member, Stage

STAGES = ("Qualified", "Proposal", "Negotiation", "Won")


class Command(BaseCommand):
    """Ask for a password, or take it from NEW_PASSWORD, and make account, stages and member."""

    help = "Make a person who can sign in, and their company when it is new."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take company, sign-in name, name and role."""
        parser.add_argument("company")
        parser.add_argument("username")
        parser.add_argument("--name", default="")
        parser.add_argument("--role", choices=("admin", "rep"), default="rep")

    def handle(self, *args: Any, **options: Any) -> None:
        """Make all of it, or nothing."""
        users = get_user_model().objects
        if users.filter(username=options["username"]).exists():
            raise CommandError(f"{options['username']} exists already; choose another sign-in name.")
        password = os.environ.get("NEW_PASSWORD") or getpass.getpass("Password: ")
        try:
            validate_password(password)
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        with transaction.atomic():
            account, is_new = Account.objects.get_or_create(name=options["company"])
            if is_new:
                Stage.objects.bulk_create(
                    [Stage(account=account, name=name, position=at) for at, name in enumerate(STAGES)]
                )
            Member.objects.create(
                account=account,
                user=users.create_user(username=options["username"], password=password),
                name=options["name"] or options["username"],
                role=options["role"],
            )
        self.stdout.write(f"{options['username']} can sign in as {options['role']} of {account.name}.")
