"""One emulator process for all tests of this folder; tests make their own rows and leave the switches as they were."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.emulator.client import Api
from tests.emulator_process import EmulatorProcess


@pytest.fixture(scope="session")
def emulator() -> Iterator[EmulatorProcess]:
    with EmulatorProcess("--company", "us", "--seed", "tests") as running:
        yield running


@pytest.fixture(scope="session")
def api(emulator: EmulatorProcess) -> Api:
    return Api(emulator)


@pytest.fixture
def own_emulator() -> Iterator[EmulatorProcess]:
    """A process of its own, for tests that move the clock or end connections."""
    with EmulatorProcess("--company", "us", "--seed", "own") as running:
        yield running
