"""The templates that people fill in load as they are, once the example is theirs."""

import io

import openpyxl
import pytest
from openpyxl.cell.cell import Cell

from alerts.facts.elements import FactSet
from alerts.facts.labels import SHEETS
from alerts.facts.models import MODELS, Collection
from alerts.facts.spreadsheet_cells import columns_of
from alerts.facts.tables import EXAMPLE, read_csv, read_workbook
from alerts.facts.templates import csv_template, xlsx_template

COLLECTIONS = list(MODELS)


@pytest.mark.parametrize("collection", COLLECTIONS)
def test_an_untouched_csv_template_holds_nothing(collection: Collection) -> None:
    found = read_csv(csv_template(collection), "x.csv", collection)
    assert isinstance(found, FactSet)
    assert (0, []) == (found.counts[collection], found.ignored)


@pytest.mark.parametrize("collection", COLLECTIONS)
def test_the_example_loads_once_its_id_is_one(collection: Collection) -> None:
    data = csv_template(collection).replace(EXAMPLE.encode(), b"", 1)
    found = read_csv(data, "x.csv", collection)
    assert isinstance(found, FactSet), [str(fault) for fault in found]
    assert 1 == found.counts[collection]


@pytest.mark.parametrize("collection", COLLECTIONS)
def test_a_template_opens_in_a_spreadsheet_as_utf8(collection: Collection) -> None:
    assert csv_template(collection).startswith(b"\xef\xbb\xbf")


@pytest.mark.parametrize("collection", COLLECTIONS)
def test_a_template_has_a_column_for_each_field_of_the_model(collection: Collection) -> None:
    outer = {column.field.partition(".")[0] for column in columns_of(collection)}
    assert set(MODELS[collection].model_fields) == outer


def test_the_workbook_has_a_sheet_per_collection_and_loads_as_it_is() -> None:
    data = xlsx_template()
    assert list(SHEETS.values()) == openpyxl.load_workbook(io.BytesIO(data)).sheetnames
    found = read_workbook(data, "x.xlsx")
    assert isinstance(found, FactSet), [str(fault) for fault in found]
    assert dict.fromkeys(MODELS, 0) == found.counts


def test_the_workbook_keeps_long_numbers_as_text() -> None:
    sheet = openpyxl.load_workbook(io.BytesIO(xlsx_template()))["执法记录仪"]
    assert {"@"} == {cell.number_format for cell in sheet[2]}


def test_each_column_of_the_workbook_says_what_it_wants() -> None:
    book = openpyxl.load_workbook(io.BytesIO(xlsx_template()))
    cells = [cell for sheet in book.worksheets for cell in sheet[1] if isinstance(cell, Cell)]
    assert all(cell.comment is not None for cell in cells)
    assert "kind：必填。可选：巡查、专项整治、内勤" in {cell.comment.text for cell in cells if cell.comment}
