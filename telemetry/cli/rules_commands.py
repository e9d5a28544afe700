"""`facts`, `backtest`, `score`, `notify`: loads facts, back-tests and scores the rules, tests channels."""

import argparse
import asyncio
import json
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, get_args

from rich.console import Console
from rich.progress import Progress

from alerts.backtest.run import Passed, run_backtest
from alerts.facts.elements import FactSet
from alerts.facts.faults import FactFault
from alerts.facts.files import read_files
from alerts.facts.load import load_facts
from alerts.facts.models import Collection
from alerts.facts.tables import Encoding
from alerts.facts.templates import csv_template, xlsx_template
from alerts.notices.channels.channel import Sent
from alerts.notices.channels.opening import send_test
from alerts.rules.settings import override
from device_sim.truth import score as scores
from telemetry.cli.command import Commands, Context, run, run_on_database
from telemetry.cli.fact_review import add_fact_actions
from telemetry.domain.errors import InputError
from telemetry.settings_tree import read_rules

_MOST_SHOWN = 50


def add_commands(commands: Commands) -> None:
    """Add the group's commands."""
    facts = commands.add_parser("facts", help="roster, activities, hand-outs and the other facts of the bureau")
    actions = facts.add_subparsers(title="actions", metavar="ACTION", required=True)
    load = actions.add_parser(
        "load", help="store facts files (JSON, CSV in UTF-8 or GBK, XLSX, XLS, ODS): all or nothing"
    )
    load.add_argument("files", nargs="+", type=Path, metavar="FILE")
    load.add_argument("--collection", choices=get_args(Collection), help="collection of a table, if no name tells")
    load.add_argument(
        "--encoding", choices=get_args(Encoding), help="encoding of the CSV files, if it can't be detected"
    )
    load.add_argument("--actor", default="command line", help="who loads, for the history")
    load.set_defaults(run=_load)
    templates = actions.add_parser("templates", help="write a template of each collection")
    templates.add_argument("directory", type=Path, metavar="DIRECTORY")
    templates.set_defaults(run=_templates)
    add_fact_actions(actions)

    backtest = commands.add_parser("backtest", help="replay a trace with facts and write the incidents")
    backtest.add_argument("--facts", type=Path, required=True, metavar="FILE", help="facts file, JSON")
    backtest.add_argument("--trace", type=Path, required=True, metavar="FILE", help="trace; gzip if it ends in .gz")
    backtest.add_argument("--until", type=_moment, required=True, metavar="TIME", help="RFC 3339, with an offset")
    backtest.add_argument("--out", type=Path, required=True, metavar="FILE", help="incidents file, JSON")
    backtest.add_argument("--database", metavar="URL", help="an empty database (default: a temporary one)")
    backtest.add_argument("--rules", type=Path, metavar="FILE", help="other thresholds, TOML")
    backtest.add_argument(
        "--calendar", type=Path, metavar="FILE", help="a holiday decree, as `facts calendar` reads it"
    )
    backtest.add_argument("--set", action="append", default=[], metavar="RULE.NAME=N", help="one other threshold")
    backtest.set_defaults(run=_backtest)

    score = commands.add_parser("score", help="compare incidents with labels: precision, recall, delay, causes")
    score.add_argument("--incidents", type=Path, required=True, metavar="FILE")
    score.add_argument("--labels", type=Path, required=True, metavar="FILE")
    score.add_argument("--json", type=Path, metavar="FILE", help="the figures as JSON")
    score.add_argument("--picture", type=Path, metavar="FILE", help="confusion matrix of causes as SVG")
    score.set_defaults(run=_score)

    notify = commands.add_parser("notify", help="notices to people")
    notifying = notify.add_subparsers(title="actions", metavar="ACTION", required=True)
    test = notifying.add_parser("test", help="send one test message by one channel")
    test.add_argument("--channel", required=True, metavar="NAME", help="its name in [notices.channels]")
    test.add_argument("--to", default="", metavar="ADDRESS", help="whom, as the channel addresses people")
    test.set_defaults(run=_notify_test)


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no RFC 3339 time") from None
    if moment.tzinfo is None:
        raise argparse.ArgumentTypeError(f"{text!r} has no offset")
    return moment


def _load(context: Context) -> int:
    options = context.options
    facts = read_files(options.files, options.collection, options.encoding)
    if not isinstance(facts, FactSet):
        return _refuse(facts)

    loaded = run_on_database(context, lambda database: load_facts(database, facts, options.actor, datetime.now(UTC)))
    if isinstance(loaded, list):
        return _refuse(loaded)
    for collection in sorted({*loaded.new, *loaded.unchanged}):
        new, same = loaded.new.get(collection, 0), loaded.unchanged.get(collection, 0)
        awaiting = loaded.awaiting.get(collection, 0)
        note = f", {awaiting} await approval (entered after the fact)" if awaiting else ""
        sys.stdout.write(f"{collection}: {new} new, {same} unchanged{note}\n")
    for name in facts.ignored:
        sys.stderr.write(f"ignored: {name}\n")
    _warn(loaded.warnings)
    return 0


def _warn(warnings: Sequence[FactFault]) -> None:
    for warning in warnings[:_MOST_SHOWN]:
        sys.stderr.write(f"warning: {warning}\n    {warning.in_chinese()}\n")
    if len(warnings) > _MOST_SHOWN:
        sys.stderr.write(f"warning: and {len(warnings) - _MOST_SHOWN} more\n")


def _refuse(faults: Sequence[FactFault]) -> int:
    for fault in faults[:_MOST_SHOWN]:
        sys.stderr.write(f"recorder-fleet: {fault}\n    {fault.in_chinese()}\n")
    if len(faults) > _MOST_SHOWN:
        sys.stderr.write(f"recorder-fleet: and {len(faults) - _MOST_SHOWN} more; nothing was stored\n")
    return 2


def _templates(context: Context) -> int:
    directory: Path = context.options.directory
    directory.mkdir(parents=True, exist_ok=True)
    for collection in get_args(Collection):
        (directory / f"{collection}.csv").write_bytes(csv_template(collection))
    (directory / "facts.xlsx").write_bytes(xlsx_template())
    sys.stdout.write(f"templates written to {directory}\n")
    return 0


def _backtest(context: Context) -> int:
    options = context.options
    rules = context.settings.rules
    settings = override(rules if options.rules is None else read_rules(options.rules, rules), options.set)
    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("back-test", total=None)

        def told(passed: Passed) -> None:
            text = f"{passed.now:%Y-%m-%d %H:%M}Z, {passed.messages:,} messages, {passed.ticks:,} ticks"
            progress.update(task, description=text)

        passed = run(
            run_backtest(
                options.facts,
                options.trace,
                options.until,
                options.out,
                dsn=options.database,
                settings=settings,
                calendar_path=options.calendar,
                progress=told,
            )
        )
    _warn(passed.warnings)
    sys.stdout.write(
        f"{passed.messages} messages ({passed.stored} stored, {passed.rejected} rejected), {passed.ticks} ticks: "
        f"{options.out}\n"
    )
    if passed.aside:
        sys.stderr.write(f"{passed.aside} subjects could not be judged and are set aside; everything else is judged\n")
    return 0


def _score(context: Context) -> int:
    options = context.options
    result = scores.score(_rows(options.incidents), _rows(options.labels))
    sys.stdout.write(scores.as_table(result) + "\n")
    if options.json is not None:
        options.json.write_text(json.dumps(scores.as_json(result), ensure_ascii=False, indent=1) + "\n", "utf-8")
    if options.picture is not None:
        options.picture.write_text(scores.as_svg(result), "utf-8")
    return 0


def _rows(path: Path) -> list[dict[str, Any]]:
    try:
        rows = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as fault:
        raise InputError(f"{path}: {fault}") from fault
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise InputError(f"{path}: no array of objects")
    return rows


def _notify_test(context: Context) -> int:
    options = context.options
    channels = context.settings.notices.channels
    if options.channel not in channels:
        raise InputError(
            f"--channel {options.channel}: there are {', '.join(sorted(channels)) or 'none in [notices.channels]'}"
        )
    answer = asyncio.run(send_test(channels[options.channel], options.to))
    sys.stdout.write(f"{answer}\n")
    return 0 if isinstance(answer, Sent) else 1
