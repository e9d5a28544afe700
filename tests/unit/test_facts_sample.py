"""The sample facts file of tests/golden, which is also what a newcomer looks at first."""

from pathlib import Path

from alerts.facts.elements import FactSet
from alerts.facts.files import read_files
from alerts.facts.models import MODELS
from alerts.facts.references import check_tree, named_elsewhere

SAMPLE = Path(__file__).parents[1] / "golden" / "facts_sample.json"


def test_the_sample_is_a_facts_file_that_stands_for_itself() -> None:
    found = read_files([SAMPLE])
    assert isinstance(found, FactSet), [str(fault) for fault in found]
    assert not any(named_elsewhere(found).values())
    assert [] == check_tree(found, {})


def test_the_sample_has_every_collection() -> None:
    found = read_files([SAMPLE])
    assert isinstance(found, FactSet)
    assert set(MODELS) == {collection for collection, count in found.counts.items() if count}


def test_the_sample_says_that_it_is_fiction() -> None:
    found = read_files([SAMPLE])
    assert isinstance(found, FactSet)
    assert ["facts_sample.json: about"] == found.ignored
    assert "虚构样例" in SAMPLE.read_text("utf-8").splitlines()[1]
