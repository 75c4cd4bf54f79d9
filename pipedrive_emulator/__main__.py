"""`python -m pipedrive_emulator`."""

from __future__ import annotations

import sys

from pipedrive_emulator.cli import main

sys.exit(main())
