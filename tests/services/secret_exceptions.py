"""What the secrets scan takes for a secret and is none, each with the reason."""

from collections.abc import Mapping
from typing import Final

EXCEPTIONS: Final[Mapping[tuple[str, str], str]] = {
    ("docs/settings.md", "5e884898da28"): "the word password, in the form of an address",
    ("telemetry/settings.py", "5e884898da28"): "the word password, in the form of an address",
    ("tests/integration/test_dashboards_command.py", "addb0f5e7826"): "of a database that lives as long as its test",
    ("tests/integration/test_facts_post.py", "7bdf6f1d1528"): "of a server that lives as long as its test",
    ("tests/integration/test_web_accounts.py", "0d7feaecff07"): "of an account that lives as long as its test",
    ("tests/unit/test_settings.py", "fbdc077454d7"): "made up, to see that it is not printed",
}
"""(path, mark) and why it is none; the scan prints the mark."""
