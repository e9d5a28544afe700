"""Every query of every generated board, with the panel that it is for."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from dashboards.build import GENERATED

BOARDS: Mapping[str, dict[str, Any]] = {
    path.stem: json.loads(path.read_text("utf-8")) for path in sorted(GENERATED.glob("*.json"))
}


@dataclass(frozen=True, slots=True)
class PanelQuery:
    """One target; `columns` are those for which the panel sets a label and a unit."""

    board: str
    panel: dict[str, Any]
    target: dict[str, Any]

    @property
    def name(self) -> str:
        return f"{self.board}: {self.panel['title']} {self.target['refId']}"

    @property
    def sql(self) -> str:
        return str(self.target["rawSql"])

    @property
    def columns(self) -> dict[str, dict[str, Any]]:
        """Column → its overrides by property."""
        return {
            override["matcher"]["options"]: {value["id"]: value["value"] for value in override["properties"]}
            for override in self.panel["fieldConfig"]["overrides"]
        }


def panel_queries() -> Iterator[PanelQuery]:
    for name, board in BOARDS.items():
        for panel in board["panels"]:
            for target in panel["targets"]:
                yield PanelQuery(name, panel, target)
