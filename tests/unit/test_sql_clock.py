"""SQL that decides is told what time it is: the database's own clock stands only where it is meant, with the reason."""

import re
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
CLOCK: Final = re.compile(
    r"\b(?:now\s*\(|clock_timestamp\s*\(|current_timestamp\b|current_date\b|localtime)", re.IGNORECASE
)
MEANT: Final = {
    "audit.drop_old": "entries are stamped by the same clock",
    "credentials.put": "a note for people, when a login was issued",
    "credentials.revoke": "a note for people, when a login was revoked",
    "evaluation.set_clock": "how long ago a tick was written; `platform.judging` compares it with the same clock",
    "health.archive": "an age for people, of what the same clock has stamped",
    "health.list_beats": "compares what the same clock has stamped",
    "health.put_beats": "stamps what `health.list_beats` compares",
    "health.see_faults": "stamps what `health.take_past_faults` compares",
    "health.take_past_faults": "compares what the same clock has stamped",
    "leases.end_hung": "a lease runs by one clock for all processes",
    "leases.give_up": "a lease runs by one clock for all processes",
    "leases.hold": "a lease runs by one clock for all processes",
    "leases.take": "a lease runs by one clock for all processes",
    "platform.begin_job": "a note for people, when a job ran",
    "platform.end_job": "a note for people, when a job ran",
    "platform.gone_workers": "compares what the same clock has stamped",
    "platform.judging": "compares what the same clock has stamped",
    "platform.list_workers": "compares what the same clock has stamped",
    "platform.live_fleet": "an age for a table on a terminal",
    "platform.report_worker": "stamps what `platform.list_workers` compares",
    "standstill.begin_for_silent": "compares what the same clock has stamped",
    "standstill.database_now": "the clock itself, which is compared with ours",
    "standstill.end_for_forgotten": "compares what the same clock has stamped",
    "standstill.list_standstills": "an age for people; what rules read of standstills is `evaluation.standstills`",
}
FIRST_CHECKED: Final = "0077"
"""Migrations before are released. Views below `board.` show the present, and may ask the database for it."""


def _without_comments(sql: str) -> str:
    return re.sub(r"--.*", "", sql)


def _blocks() -> dict[str, str]:
    files = [*(ROOT / "sql" / "queries").glob("*.sql"), *(ROOT / "alerts" / "rules").glob("*.sql")]
    found = {}
    for file in files:
        _, *parts = re.split(r"^-- name: (\S+)$", file.read_text("utf-8"), flags=re.MULTILINE)
        for name, sql in zip(parts[::2], parts[1::2], strict=True):
            found[f"{file.stem}.{name}"] = _without_comments(sql)
    return found


def test_no_query_asks_the_database_for_the_time_but_where_it_is_meant() -> None:
    blocks = _blocks()
    assert len(blocks) > 200
    assert set(MEANT) == {name for name, sql in blocks.items() if CLOCK.search(sql)}


def test_no_new_function_or_trigger_asks_the_database_for_the_time() -> None:
    asking = [
        file.name
        for file in sorted((ROOT / "sql" / "migrations").glob("*.sql"))
        if file.name >= FIRST_CHECKED
        for statement in re.split(
            r";\s*\n(?=CREATE|ALTER|INSERT|UPDATE|DO\b)", _without_comments(file.read_text("utf-8"))
        )
        if CLOCK.search(statement) and "VIEW board." not in statement
    ]
    assert [] == asking


def test_no_statement_in_python_asks_the_database_for_the_time() -> None:
    """But for the bare question, and the history of migrations."""
    asking = [
        f"{file.name}: {text}"
        for file in sorted((ROOT / "telemetry" / "store").glob("*.py"))
        for text in re.findall(r'"([^"\n]*)"', file.read_text("utf-8"))
        if CLOCK.search(text) and re.search(r"\b(?:SELECT|INSERT|UPDATE|DELETE|DEFAULT)\b", text)
    ]
    assert [
        "migrate.py: file text PRIMARY KEY, sha256 text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())",
        "platform.py: SELECT clock_timestamp()",
    ] == asking
