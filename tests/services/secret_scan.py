"""`make check`: no secret lies in a file that git tracks; runs offline. What looks like one and is none is named with its reason.

python -m services.secret_scan [FOLDER]
"""

import hashlib
import math
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from services.secret_exceptions import EXCEPTIONS

_LARGEST: Final = 2 * 1024 * 1024
_KINDS: Final[Mapping[str, re.Pattern[str]]] = {
    "private key": re.compile(r"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----"),
    "cloud key": re.compile(
        r"\b(?:AKIA|ASIA|LTAI)[A-Za-z0-9]{12,28}\b|\bAKID[A-Za-z0-9]{32}\b|\bAIza[A-Za-z0-9_-]{35}\b"
    ),
    "access token": re.compile(
        r"\b(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{40,}|glpat-[A-Za-z0-9_-]{20,}|glsa_[A-Za-z0-9_]{32,}"
        r"|xox[abprs]-[A-Za-z0-9-]{10,}|sk_live_[A-Za-z0-9]{16,}|npm_[A-Za-z0-9]{36}|rf_[A-Za-z0-9_-]{43})"
    ),
    "signed token": re.compile(r"\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}"),
    "password in an address": re.compile(
        r"\b[a-z][a-z0-9+.-]{2,15}://[^\s/:@'\"`{}$<>]{1,64}:([^\s/@'\"`{}$<>]{3,100})@"
    ),
    "password hash": re.compile(r"\$(?:argon2(?:id|i|d)\$v=|2[aby]\$\d\d\$|6\$|7\$\d+\$)[A-Za-z0-9./+=$,]{20,}"),
    "webhook": re.compile(r"(?:cgi-bin/webhook/send\?key=|robot/send\?access_token=|bot/v2/hook/)[A-Za-z0-9-]{16,}"),
    "named secret": re.compile(
        r"(?i)(?:passwo?r?d|passwd|secret|token|api_?key|access_?key|private_?key|credential)[a-z0-9_]*[\"']?\s*"
        r"(?:=|:|=>|:=)\s*(?:[A-Za-z.]*\()?[\"']?([A-Za-z0-9+/_.=-]{12,200})"
    ),
}
_LEAST_BITS: Final = 3.2
"""Bits of entropy a sign of a named secret: words of a program lie below, what was drawn by chance above."""


@dataclass(frozen=True)
class Finding:
    """What looks like a secret, and where. `mark` names it in the exceptions without repeating it."""

    path: str
    line: int
    kind: str
    mark: str


def scan(root: Path) -> list[Finding]:
    """Every finding in what git tracks below *root*, the exceptions left out."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=root, capture_output=True, check=True).stdout.decode()
    found = []
    for name in filter(None, listed.split("\0")):
        path = root / name
        if path.is_file() and not path.is_symlink() and path.stat().st_size <= _LARGEST:
            found += scan_text(name, path.read_bytes().decode("utf-8", "replace"))
    return [one for one in found if (one.path, one.mark) not in EXCEPTIONS]


def scan_text(name: str, text: str) -> list[Finding]:
    """What looks like a secret in the text of a file. Pure."""
    return [
        Finding(name, number, kind, mark_of(value))
        for number, line in enumerate(text.splitlines(), 1)
        for kind, value in _in_line(line)
    ]


def mark_of(value: str) -> str:
    """Twelve signs that name a value."""
    return hashlib.sha256(value.encode()).hexdigest()[:12]


def _in_line(line: str) -> Iterator[tuple[str, str]]:
    for kind, pattern in _KINDS.items():
        for match in pattern.finditer(line):
            value = match[match.lastindex or 0]
            if kind != "named secret" or _is_random(value):
                yield kind, value


def _is_random(value: str) -> bool:
    """Whether it looks drawn by chance: digits and letters mixed, no sign often. A name of a program is neither."""
    if not (any(sign.isdigit() for sign in value) and any(sign.isalpha() for sign in value)):
        return False
    counts = Counter(value)
    bits = -sum(n / len(value) * math.log2(n / len(value)) for n in counts.values())
    return bits >= _LEAST_BITS


def main(root: Path) -> int:
    """Print what was found; 1 if there was anything, 0 if not."""
    found = scan(root)
    for one in found:
        sys.stdout.write(f"{one.path}:{one.line}: {one.kind} ({one.mark})\n")
    if found:
        sys.stdout.write(
            "A secret? Take it out and replace it where it is used. None? tests/services/secret_exceptions.py\n"
        )
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1] if len(sys.argv) > 1 else ".")))
