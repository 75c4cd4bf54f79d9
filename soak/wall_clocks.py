"""What time it is where a company is, from a table of its own: the product's answers are held against it."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

NEVER = datetime(9999, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Zone:
    """Hours ahead of UTC until the clocks are set forward, at `change`, by one hour."""

    name: str
    hours: float
    change: datetime = NEVER

    def ahead(self, at: datetime) -> timedelta:
        """How much the zone is ahead of UTC at an instant."""
        return timedelta(hours=self.hours + (1 if at >= self.change else 0))

    def day(self, at: datetime) -> date:
        """The date there at an instant."""
        return (at + self.ahead(at)).date()

    def midnights(self, since: datetime, until: datetime) -> list[datetime]:
        """The instants after `since` and up to `until` at which a new day begins there."""
        found = []
        day = self.day(since)
        while day < self.day(until):
            day += timedelta(days=1)
            begins = datetime(day.year, day.month, day.day, tzinfo=UTC)
            at = begins - timedelta(hours=self.hours)
            found.append(at if at < self.change else begins - self.ahead(self.change))
        return found


# As the clocks went in March 2026: forward in North America on the 8th, elsewhere not in these weeks.
ZONES = (
    Zone("America/Chicago", -6, datetime(2026, 3, 8, 8, tzinfo=UTC)),
    Zone("America/New_York", -5, datetime(2026, 3, 8, 7, tzinfo=UTC)),
    Zone("Asia/Kolkata", 5.5),
    Zone("America/Los_Angeles", -8, datetime(2026, 3, 8, 10, tzinfo=UTC)),
    Zone("Pacific/Auckland", 13),
    Zone("America/Phoenix", -7),
    Zone("Europe/London", 0),
    Zone("Pacific/Honolulu", -10),
    Zone("Australia/Sydney", 11),
)
