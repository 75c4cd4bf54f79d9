"""Lifelike books to start with, always the same for a profile, dated relative to the emulator's clock."""
