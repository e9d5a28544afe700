"""`python -m telemetry.cli` is `recorder-fleet`."""

import sys

from telemetry.cli import main

sys.exit(main())
