"""The console's scripts without a browser: they keep to the API's document by their types, and to the linter's rules."""

import json
from pathlib import Path

import pytest
from services.console_check import CONSOLE, TOOLS, install_console_check, lint_faults, type_faults

WRONG = """
import {{ get }} from "{console}/wire/api.js";

/** @param {{Schemas["ToldNotice"]}} notice */
export const wrong = async (notice) => [notice.at, (await get("/units"))[0].title, await get("/nowhere")];
"""


@pytest.fixture(scope="module", autouse=True)
def _tools() -> None:
    install_console_check()


def test_every_script_keeps_to_the_types_of_the_api_s_document() -> None:
    assert "" == type_faults(TOOLS)


def test_a_field_and_a_path_that_the_document_doesn_t_have_are_found(tmp_path: Path) -> None:
    settings = {
        "extends": f"{TOOLS}/tsconfig.json",
        "compilerOptions": {"incremental": False, "tsBuildInfoFile": None},
        "include": [f"{TOOLS}/types.ts", "wrong.js"],
    }
    (tmp_path / "tsconfig.json").write_text(json.dumps(settings))
    (tmp_path / "wrong.js").write_text(WRONG.format(console=CONSOLE))
    said = type_faults(tmp_path)
    assert 3 == said.count("error TS"), said
    assert "Property 'at' does not exist" in said
    assert "Property 'title' does not exist" in said
    assert '"/nowhere"' in said


def test_no_script_breaks_a_rule_of_the_linter() -> None:
    assert "" == lint_faults(CONSOLE)


def test_what_is_never_used_is_found(tmp_path: Path) -> None:
    (tmp_path / "wrong.js").write_text("const unused = 1;\n")
    assert "noUnusedVariables" in lint_faults(tmp_path)
