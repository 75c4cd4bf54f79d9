"""A process inside an installation: takes lines of Python, runs them with the installation's settings, rows and a scene.

The scene is the module named on the command line: its functions are what a line may call.
"""

import json
import os
import sys
import traceback

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "crm_invoicing.settings")

import django

django.setup()


def main() -> None:
    known: dict[str, object] = {}
    exec(f"from {sys.argv[1]} import *", known)
    for line in sys.stdin:
        try:
            answer = {"value": eval(json.loads(line), known)}
        except Exception:
            answer = {"error": traceback.format_exc()}
        sys.stdout.write(json.dumps(answer, default=str) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
