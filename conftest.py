"""Tests and soak share one set of fixtures."""

pytest_plugins = ["tests.fixtures"]
