"""The tree of units for whoever shows or filters by it; asked anew each time it is older than some seconds."""

import time
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from weakref import WeakKeyDictionary

from telemetry.records.accounts import UnitNode
from telemetry.store.accounts import unit_tree
from telemetry.store.pool import Database
from telemetry.web.http.authentication import subtree

_FRESH_S: Final = 5.0


@dataclass(frozen=True, slots=True)
class _Tree:
    nodes: list[UnitNode]
    read_at: float


_TREES: Final[WeakKeyDictionary[Database, _Tree]] = WeakKeyDictionary()


async def unit_nodes(database: Database, now: datetime) -> list[UnitNode]:
    """Every unit as known at *now*, or some seconds before."""
    known = _TREES.get(database)
    if known is None or time.monotonic() - known.read_at > _FRESH_S:
        async with database.connection() as connection:
            known = _Tree(await unit_tree(connection, now), time.monotonic())
        _TREES[database] = known
    return known.nodes


async def unit_names(database: Database, now: datetime) -> dict[str, str]:
    """What every unit is called."""
    return {node.unit_id: node.name for node in await unit_nodes(database, now)}


async def subtree_of(database: Database, unit_id: str, now: datetime) -> frozenset[str] | None:
    """*unit_id* and all below it; None where there is no such unit."""
    nodes = await unit_nodes(database, now)
    if all(node.unit_id != unit_id for node in nodes):
        return None
    below = subtree(nodes, unit_id)
    return frozenset(node.unit_id for node in nodes) if below is None else below
