"""The companies of a process; many small ones are opened when they are first touched."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from qbo_emulator.core.store import Company


class Realms(dict[str, Company]):
    """Open companies by realm id; asking for one that waits opens it. Iterating shows the open ones only."""

    def __init__(self) -> None:
        super().__init__()
        self._waiting: dict[str, str] = {}
        self._open: Callable[[str], Company] | None = None

    def wait(self, names: dict[str, str], opener: Callable[[str], Company]) -> None:
        """Companies by realm id and name, which `opener` opens when they are needed."""
        self._waiting, self._open = names, opener

    def __missing__(self, realm_id: str) -> Company:
        if self._open is None or realm_id not in self._waiting:
            raise KeyError(realm_id)
        company = self._open(realm_id)
        self[realm_id] = company
        return company

    def find(self, realm_id: str) -> Company | None:
        """The company, opened now if it waited; None when there is none."""
        try:
            return self[realm_id]
        except KeyError:
            return None

    def names(self) -> Iterator[tuple[str, str]]:
        """Realm id and name of every company, open or not, in a steady order."""
        for realm_id, company in self.items():
            if realm_id not in self._waiting:
                yield realm_id, company.name
        for realm_id, name in self._waiting.items():
            found = super().get(realm_id)
            yield realm_id, found.name if found is not None else name

    def first(self) -> Company:
        """The company pages show when none is named."""
        realm_id, _ = next(self.names())
        return self[realm_id]

    def clear(self) -> None:
        super().clear()
        self._waiting, self._open = {}, None
