"""`docs/openapi.json`, the API's document as a file: `python -m telemetry.web.openapi_file [--check]`."""

import sys
from pathlib import Path
from typing import Final

from telemetry.web.http.openapi import render
from telemetry.web.registry import ROUTES

PATH: Final = Path(__file__).parents[2] / "docs" / "openapi.json"


if __name__ == "__main__":
    if "--check" in sys.argv:
        same = PATH.read_text("utf-8") == render(ROUTES)
        sys.exit(0 if same else f"{PATH} is out of date: python -m telemetry.web.openapi_file")
    PATH.parent.mkdir(exist_ok=True)
    PATH.write_text(render(ROUTES), "utf-8")
