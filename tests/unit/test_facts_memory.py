"""Reading a facts file takes memory in proportion to its facts, whatever else it holds."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from facts_scene import element

from alerts.facts.faults import MAX_FAULTS

MIB = 1024 * 1024
READ = """
import re, sys
from pathlib import Path
from alerts.facts.elements import FactSet
from alerts.facts.files import read_files
# Of getrusage a child's peak begins with its parent's.
peak = lambda: int(re.findall(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())[0])
before = peak()
read = read_files([Path(sys.argv[1])])
print(len(read.elements["shifts"]) if isinstance(read, FactSet) else -len(read), peak() - before)
"""


def read_apart(file: Path) -> tuple[int, int]:
    """The number of shifts in *file*, or minus the number of faults, and the bytes that a process took to read it."""
    done = subprocess.run([sys.executable, "-c", READ, file], capture_output=True, text=True, timeout=300, check=True)
    count, kibibytes = done.stdout.split()
    return int(count), int(kibibytes) * 1024


def test_facts_take_eight_times_the_text_at_most(tmp_path: Path) -> None:
    file = tmp_path / "facts.json"
    shifts = ",".join(json.dumps(element("shifts", id=f"S{number}")) for number in range(60_000))
    file.write_text(f'{{"shifts": [{shifts}]}}')
    count, taken = read_apart(file)
    assert 60_000 == count
    assert taken < 8 * file.stat().st_size


@pytest.mark.parametrize(
    ("before", "again", "after", "faults"),
    [
        ('{"shifts": [{}', ",{}", "]}", MAX_FAULTS + 1),
        ('{"shifts": [{"x": [[]', ",[]", "]}]}", 1),
        ('{"shifts": [{"x": {"a": [[{}]', ",[{}]", "]}}]}", 1),
        ('{"shifts": ["', "x", '"]}', 1),
        ('{"x": [{}', ",{}", "]}", 0),
        ('{"x": ["', '\\"', '"]}', 0),
        ('{"x": [', "[", "]}", 1),
        ('{"', "x", '": 1}', 1),
        ('{"x": 1', ',"x": 1', "}", 1),
    ],
    ids=str,
)
def test_what_is_no_fact_takes_no_memory(tmp_path: Path, before: str, again: str, after: str, faults: int) -> None:
    file = tmp_path / "facts.json"
    size = 24 * MIB
    file.write_text(before + again * (size // len(again)) + after)
    count, taken = read_apart(file)
    assert taken < size + 32 * MIB
    assert -faults == count
