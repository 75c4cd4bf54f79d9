"""The soak tests' own hand inside an installation: takes lines of Python, gives what they are worth."""

import json
import os
import sys
import traceback

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "crm_invoicing.settings")

import django

django.setup()


def main() -> None:
    known: dict[str, object] = {}
    exec("from tests.soak.scene import *", known)
    for line in sys.stdin:
        try:
            answer = {"value": eval(json.loads(line), known)}
        except Exception:
            answer = {"error": traceback.format_exc()}
        sys.stdout.write(json.dumps(answer, default=str) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
