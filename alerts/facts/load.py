"""Facts, steps 3 and 4 of 4: turn a checked set into versions and slices, stored in one transaction."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import groupby
from operator import attrgetter
from typing import Any, Final

from alerts.facts.elements import Element, FactSet, Source, read_array
from alerts.facts.faults import FactFault, at_most
from alerts.facts.fields import Fact
from alerts.facts.json_file import with_lines
from alerts.facts.models import MODELS, Collection
from alerts.facts.plausible import Clock, Numbered, implausible, numbers_of, shared_numbers
from alerts.facts.references import check_references, check_tree, named_elsewhere
from alerts.facts.rows import TABLES, lay_out
from alerts.facts.same_conduct import COLLECTIONS, Stored, as_one, conducts_of, new_ids, taken_as
from alerts.facts.versions import START_OF_FILE, Mark, Version, Writing, new_writings, next_version, write
from telemetry.store import facts as store
from telemetry.store.pool import Connection, Database

_CHUNK: Final = 5000
"""Ids processed at a time, so that temporary objects are freed before the garbage collector scans them."""


@dataclass(slots=True)
class Loaded:
    """The result of a load, by collection: new versions, unchanged elements, and 事后补录 among the new versions.

    `awaiting`: late versions that take full effect only after approval. `warnings`: elements stored differently from
    how they were written.
    """

    new: dict[Collection, int] = field(default_factory=dict)
    unchanged: dict[Collection, int] = field(default_factory=dict)
    late: dict[Collection, int] = field(default_factory=dict)
    awaiting: dict[Collection, int] = field(default_factory=dict)
    ignored: list[str] = field(default_factory=list)
    warnings: list[FactFault] = field(default_factory=list)


async def put_facts(
    database: Database, collection: Collection, elements: Any, actor: str, now: datetime
) -> Loaded | list[FactFault]:
    """Store the decoded JSON array of one POST: all of it, or nothing and every fault."""
    async with database.transaction() as connection:
        return await put_facts_within(connection, collection, elements, actor, now)


async def put_facts_within(
    connection: Connection, collection: Collection, elements: Any, actor: str, now: datetime
) -> Loaded | list[FactFault]:
    """Like `put_facts`, in the caller's transaction, for an action that does more than store a fact."""
    facts = read_array(elements, Source(collection))
    act = _Act(actor, now, Clock(now, now))
    return await _load(connection, facts, act) if isinstance(facts, FactSet) else facts


async def load_facts(
    database: Database, facts: FactSet, actor: str, now: datetime, *, approve: bool = True, clock: Clock | None = None
) -> Loaded | list[FactFault]:
    """Store a set of facts: all of it, or nothing and every fault that shows only against the stored facts.

    A back-test passes `START_OF_FILE` as *now* and *approve* False: a late fact then counts from its entry, without
    approval. It also passes *clock*, its simulated time; times are checked for plausibility against *clock*, else
    *now*.
    """
    if clock is None and now != START_OF_FILE:
        clock = Clock(now, now)
    async with database.transaction() as connection:
        return await _load(connection, facts, _Act(actor, now, clock, approve))


@dataclass(frozen=True, slots=True)
class _Act:
    """Who loads and when, and whether late facts need approval."""

    actor: str
    now: datetime
    clock: Clock | None
    approve: bool = True


async def _load(connection: Connection, facts: FactSet, act: _Act) -> Loaded | list[FactFault]:
    await store.lock_facts(connection)
    faults = await _check(connection, facts, act.clock)
    if faults:
        return faults
    loaded = Loaded(ignored=facts.ignored)
    for collection, elements in facts.elements.items():
        if elements:
            one = await _as_one(connection, collection, elements, loaded) if collection in COLLECTIONS else elements
            await _store(connection, collection, one, loaded, act)
    if loaded.new.get("units") or loaded.new.get("recorders"):
        await store.refresh_register(connection, act.now)
    return loaded


async def _check(connection: Connection, facts: FactSet, clock: Clock | None) -> list[FactFault]:
    unknown: dict[Collection, set[str]] = {}
    for collection, ids in named_elsewhere(facts).items():
        unknown[collection] = ids - (await store.stored_ids(connection, collection, ids) if ids else set())
    faults = check_references(facts, unknown)
    if facts.elements["units"]:
        faults += check_tree(facts, await store.unit_parents(connection))
    numbers = numbers_of(facts)
    stored = await store.sharing_numbers(connection, numbers["imei"], numbers["iccid"])
    faults = at_most(faults + implausible(facts, clock) + shared_numbers(facts, [Numbered(*one) for one in stored]))
    for file, text in facts.texts.items() if faults else ():
        faults = with_lines(faults, text, file)
    return faults


async def _as_one(
    connection: Connection, collection: Collection, elements: Sequence[Element], loaded: Loaded
) -> Sequence[Element]:
    """The elements, with each that repeats the conduct of another merged into that one."""
    ids = {element.fact.id for element in elements}
    stored = Stored(
        frozenset(await store.stored_ids(connection, collection, ids)), await store.aliases(connection, collection, ids)
    )
    conducts = [conduct for element in new_ids(elements, stored) for conduct in conducts_of(element.fact)]
    alike = await store.facts_alike(connection, collection, conducts)
    stored = replace(stored, alike={conducts[at]: fact_id for at, fact_id in alike.items() if fact_id not in ids})
    taken = taken_as(elements, stored)
    if not taken:
        return elements
    contents = await store.counting_contents(connection, collection, taken.values())
    before = {fact_id: MODELS[collection].model_validate_json(content) for fact_id, content in contents.items()}
    written, told = as_one(elements, taken, before)
    loaded.warnings += told
    await store.add_aliases(connection, collection, taken)
    return written


async def _store(
    connection: Connection, collection: Collection, elements: Sequence[Element], loaded: Loaded, act: _Act
) -> None:
    written: dict[str, list[Fact]] = {}
    for element in elements:
        written.setdefault(element.fact.id, []).append(element.fact)
    for counts in (loaded.new, loaded.unchanged, loaded.late, loaded.awaiting):
        counts[collection] = 0
    ids = list(written)
    for start in range(0, len(ids), _CHUNK):
        chunk = {fact_id: written[fact_id] for fact_id in ids[start : start + _CHUNK]}
        new = await _store_chunk(connection, collection, chunk, act)
        loaded.new[collection] += len(new)
        loaded.unchanged[collection] += sum(map(len, chunk.values())) - len(new)
        loaded.late[collection] += sum(version.late for version in new)
        loaded.awaiting[collection] += sum(version.needs_approval for version in new)


async def _store_chunk(
    connection: Connection, collection: Collection, facts: dict[str, list[Fact]], act: _Act
) -> list[Version]:
    """Store the facts of some ids; return the new versions."""
    writings = {fact_id: _each_once([write(fact) for fact in some]) for fact_id, some in facts.items()}
    digests = await store.stored_digests(connection, collection, writings)
    fresh = {fact_id: new_writings(written, digests.get(fact_id, ())) for fact_id, written in writings.items()}
    fresh = {fact_id: written for fact_id, written in fresh.items() if written}
    again = [fact_id for fact_id in fresh if fact_id in digests]
    before = await store.counting_contents(connection, collection, again) if again else {}
    stored = await store.stored_slices(connection, TABLES[collection], again) if again else {}
    versions = {
        fact_id: _versions(collection, written, len(digests.get(fact_id, ())), before.get(fact_id), act)
        for fact_id, written in fresh.items()
    }
    new = {
        fact_id: [
            (Mark(v.number, number, piece.known_from, v.writing.fact.cancelled_at), piece.fact, v.late)
            for v in numbered
            for number, piece in enumerate(v.slices)
        ]
        for fact_id, numbered in versions.items()
    }
    slices, ends = lay_out(collection, new, stored)
    if versions:
        await store.move_ends(connection, TABLES[collection], ends)
        await store.write_versions(connection, collection, _journal(versions), act.actor, act.now)
        await store.write_slices(connection, TABLES[collection], slices)
    return [version for numbered in versions.values() for version in numbered]


def _each_once(writings: Sequence[Writing]) -> list[Writing]:
    """Drop each writing that equals the one before it."""
    return [next(same) for _, same in groupby(writings, key=attrgetter("digest"))]


def _versions(
    collection: Collection, written: Sequence[Writing], stored: int, content: str | None, act: _Act
) -> list[Version]:
    """Number the new versions of one fact; each is compared with the last version in full effect."""
    before = None if content is None else MODELS[collection].model_validate_json(content)
    versions = []
    for number, writing in enumerate(written, stored + 1):
        version = next_version(number, before, writing, act.now, approve=act.approve)
        versions.append(version)
        if not version.needs_approval:
            before = writing.fact
    return versions


def _journal(versions: dict[str, list[Version]]) -> list[store.VersionRow]:
    return [
        store.VersionRow(
            *(fact_id, version.number, version.writing.content, version.writing.digest),
            *(version.late, version.needs_approval),
        )
        for fact_id, numbered in versions.items()
        for version in numbered
    ]
