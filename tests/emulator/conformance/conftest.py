"""The recordings are of 2017 to 2022: a process whose rows look as they did then."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.emulator.client import Api
from tests.emulator_process import EmulatorProcess


@pytest.fixture(scope="session")
def emulator() -> Iterator[EmulatorProcess]:
    with EmulatorProcess("--company", "us", "--seed", "tests", "--rows-as-of", "2020") as running:
        yield running


@pytest.fixture(scope="session")
def api(emulator: EmulatorProcess) -> Api:
    return Api(emulator)
