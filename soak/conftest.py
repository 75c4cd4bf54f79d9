"""One QuickBooks emulator and one installation for each test of real processes."""

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest

from tests.emulator_process import EmulatorProcess

from .scorecard import IS_LONG
from .site import Site


@pytest.fixture
def site(tmp_path) -> Iterator[Callable[..., Site]]:
    """Make installations beside a QuickBooks emulator of their own."""
    if not IS_LONG:
        pytest.skip("real processes for half a minute each: make soak")
    with EmulatorProcess("--company", "us", "--single", "--seed", "7") as running:
        made: list[Site] = []

        def make(**options: Any) -> Site:
            made.append(Site(tmp_path, running, **options))
            return made[-1]

        yield make
        for one in made:
            one.close()


def in_quickbooks(site: Site) -> dict[str, list[Any]]:
    """Every invoice of QuickBooks in the form of `scene.held`."""
    return {
        row["Id"]: [
            int(row["SyncToken"]),
            *(f"{Decimal(str(row[name])):.2f}" for name in ("TotalAmt", "Balance")),
        ]
        for row in site.dump()["Invoice"]
    }


def drift(site: Site) -> int:
    """How many invoices are not here what they are in QuickBooks."""
    ours, theirs = site.run("held()"), in_quickbooks(site)
    return sum(1 for key in {*ours, *theirs} if ours.get(key) != theirs.get(key))
