"""A panel's query for Grafana's PostgreSQL data source; the SQL is in `sql/boards`."""

import re
from collections.abc import Mapping
from importlib.resources import files
from typing import Final, Literal, TypeAlias

from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.cog.variants import Dataquery
from grafana_foundation_sdk.models.dashboard import DataSourceRef

DATASOURCE_UID: Final = "recorder-fleet"
DATASOURCE_TYPE: Final = "grafana-postgresql-datasource"
Shape: TypeAlias = Literal["table", "time_series"]

_NAME: Final = re.compile(r"^-- name: (\w+)$", re.MULTILINE)


def statements(board: str) -> Mapping[str, str]:
    """The blocks of `sql/boards/{board}.sql` by name, with Grafana's macros."""
    parts = _NAME.split((files("sql") / "boards" / f"{board}.sql").read_text("utf-8"))
    return {name: text.strip().rstrip(";") for name, text in zip(parts[1::2], parts[2::2], strict=True)}


def datasource() -> DataSourceRef:
    """The data source that provisioning creates and `push` requires."""
    return DataSourceRef(DATASOURCE_TYPE, DATASOURCE_UID)


class PostgresQuery(Dataquery):
    """The data source's query model, which the SDK lacks: SQL with macros, and the shape of the result."""

    def __init__(self, sql: str, shape: Shape, ref_id: str) -> None:
        self.sql = sql.strip()
        self.shape = shape
        self.ref_id = ref_id

    def to_json(self) -> dict[str, object]:
        """As in a dashboard's JSON."""
        return {
            "refId": self.ref_id,
            "datasource": datasource(),
            "editorMode": "code",
            "format": self.shape,
            "rawQuery": True,
            "rawSql": self.sql,
        }


class Query(Builder[Dataquery]):
    """Builds a PostgresQuery."""

    def __init__(self, sql: str, shape: Shape = "table", ref_id: str = "A") -> None:
        self._query = PostgresQuery(sql, shape, ref_id)

    def build(self) -> Dataquery:
        """Return the query."""
        return self._query
