"""Start of `python -m qbo_emulator`."""

import sys

from qbo_emulator.cli import main

sys.exit(main())
