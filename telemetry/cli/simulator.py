"""`sim`: the simulated fleet, live over a broker, as load, or written to a trace with facts and labels."""

import argparse
import ssl
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.progress import Progress

from device_sim import scenario as scenarios
from device_sim.bureau.fleet_plan import FleetPlan, plan_patrol_fleet
from device_sim.faults.fault_plan import TooFewDutiesError
from device_sim.scenario_run import prepare_run, write_scenario
from device_sim.transport.acknowledged_log import AcknowledgedLog
from device_sim.transport.fleet import FleetSettings, run_fleet
from device_sim.transport.load_generator import LoadSettings, LoginRefusedError, run_load
from device_sim.transport.mqtt5_client import BrokerAddress, TooFewDescriptorsError, open_mqtt5
from device_sim.transport.mqtt311_client import open_mqtt311
from device_sim.transport.progress import counters_table, live_display
from device_sim.transport.publisher import OpenClient
from telemetry.cli.command import Commands, Context, run
from telemetry.domain.errors import InputError

_SHANGHAI: Final = timezone(timedelta(hours=8))
_EXAMPLES: Final = "see `recorder-fleet sim scenarios`, or name a TOML file"


def add_commands(commands: Commands) -> None:
    """Add the group's commands."""
    sim = commands.add_parser("sim", help="run a simulated fleet: live, as load, or into a trace")
    actions = sim.add_subparsers(title="actions", metavar="ACTION", required=True)
    listing = actions.add_parser("scenarios", help="the scenarios that come with the package")
    listing.set_defaults(run=_list)

    live = actions.add_parser("run", help="a fleet over MQTT in real time, until Ctrl-C")
    live.add_argument("scenario", nargs="?", metavar="SCENARIO", help=f"its roster, played as of today; {_EXAMPLES}")
    live.add_argument("--recorders", type=int, metavar="N", help="size of the fleet (60, or the scenario's)")
    live.add_argument("--seconds", type=float, metavar="S", help="end after S seconds")
    live.add_argument("--seed", type=int, metavar="SEED")
    live.add_argument("--duplicates", type=float, default=0.0, metavar="SHARE", help="messages published twice")
    live.add_argument("--delays", type=float, default=0.0, metavar="SHARE", help="messages up to 10 s late")
    _add_broker(live)
    live.set_defaults(run=_run)

    load = actions.add_parser("load", help="publish at a rate, or as fast as acknowledged, and count")
    load.add_argument("--recorders", type=int, default=500, metavar="N")
    load.add_argument("--messages", type=int, default=100_000, metavar="M")
    load.add_argument("--rate", type=float, metavar="R", help="messages/s; as fast as acknowledged if missing")
    _add_broker(load)
    load.set_defaults(run=_load)

    trace = actions.add_parser("trace", help="write a scenario's messages as a trace, with facts and labels")
    trace.add_argument("scenario", metavar="SCENARIO", help=_EXAMPLES)
    trace.add_argument("--out", type=Path, required=True, metavar="DIR", help="trace.jsonl.gz, facts.json, labels.json")
    trace.add_argument("--recorders", type=int, metavar="N", help="another size of fleet")
    trace.add_argument("--days", type=int, metavar="D", help="another number of days")
    trace.add_argument("--seed", type=int, metavar="SEED", help="another seed; the same one gives the same bytes")
    trace.add_argument("--plain", action="store_true", help="do not compress the trace")
    trace.set_defaults(run=_trace)


def _add_broker(command: argparse.ArgumentParser) -> None:
    command.add_argument("--host", default="127.0.0.1")
    command.add_argument("--port", type=int, default=1883)
    command.add_argument("--ca", type=Path, metavar="FILE", help="TLS, with this CA")
    command.add_argument(
        "--secrets", type=Path, metavar="FILE", help="lines `recorder_id secret`, as issue prints them"
    )
    command.add_argument("--ledger", type=Path, metavar="FILE", help="log every acknowledged message")
    command.add_argument("--mqtt", choices=["5", "3.1.1"], default="5")


def _list(_: Context) -> int:
    for name in scenarios.names():
        sys.stdout.write(f"{name:28} {scenarios.load(name).title}\n")
    return 0


def _run(context: Context) -> int:
    options = context.options
    now_ms = time.time_ns() // 1_000_000
    plan = _fleet_plan(options.scenario, options.recorders, options.seed, now_ms)
    settings = FleetSettings(
        seed=options.seed or 1,
        duration_s=options.seconds,
        duplicates=options.duplicates,
        delays=options.delays,
        secrets=_secrets(options.secrets),
    )
    console = Console(stderr=True)
    with _ack_log(options.ledger) as ack_log, live_display(console) as on_start:
        try:
            counters = run(
                run_fleet(
                    settings, _address(options), plan, ack_log=ack_log, on_start=on_start, open_client=_client(options)
                )
            )
        except TooFewDescriptorsError as fault:
            raise InputError(str(fault)) from fault
    Console().print(counters_table(counters))
    return 0


def _fleet_plan(name: str | None, recorders: int | None, seed: int | None, now_ms: int) -> FleetPlan:
    if name is None:
        return plan_patrol_fleet(recorders or 60, seed or 1, now_ms)
    today = datetime.fromtimestamp(now_ms / 1000, UTC).astimezone(_SHANGHAI).date()
    scenario = _scenario(name, {"recorders": recorders, "seed": seed, "starts_on": today})
    with _enough_recorders():
        return prepare_run(scenario).fleet_plan


def _load(context: Context) -> int:
    options = context.options
    settings = LoadSettings(options.recorders, options.messages, rate=options.rate, secrets=_secrets(options.secrets))
    with _ack_log(options.ledger) as ack_log, live_display(Console(stderr=True)) as on_start:
        try:
            result = run(
                run_load(settings, _address(options), ack_log=ack_log, on_start=on_start, open_client=_client(options))
            )
        except (TooFewDescriptorsError, LoginRefusedError) as fault:
            raise InputError(str(fault)) from fault
    sys.stdout.write(
        f"{result.published} published, {result.acknowledged - result.births} acknowledged in {result.seconds:.1f} s: "
        f"{result.rate:.0f}/s; acknowledged within {result.ack_quantile_s(0.5) * 1000:.0f} ms (median), "
        f"{result.ack_quantile_s(0.99) * 1000:.0f} ms (99 %)\n"
    )
    return 0


def _trace(context: Context) -> int:
    options = context.options
    scenario = _scenario(options.scenario, {"recorders": options.recorders, "days": options.days, "seed": options.seed})
    with Progress(console=Console(stderr=True), transient=True) as progress:
        whole_ms = scenario.days * 86_400_000
        task = progress.add_task(scenario.name, total=whole_ms)

        def on_slice(until_ms: int, messages: int) -> None:
            progress.update(task, completed=until_ms - scenario.from_ms, description=f"{messages:,} messages")

        with _enough_recorders():
            written = write_scenario(scenario, options.out, plain=options.plain, on_slice=on_slice)
    sys.stdout.write(
        f"{written.messages} messages in {written.trace}, with {written.facts.name}, {written.labels.name}\n"
    )
    return 0


def _scenario(name: str, changes: dict[str, object]) -> scenarios.Scenario:
    try:
        loaded = scenarios.load(name)
        wanted = {key: value for key, value in changes.items() if value is not None}
        return scenarios.Scenario.model_validate({**loaded.model_dump(), **wanted}) if wanted else loaded
    except (scenarios.ScenarioError, ValueError) as fault:
        raise InputError(str(fault)) from fault


@contextmanager
def _enough_recorders() -> Iterator[None]:
    """Report it as invalid input if the roster is too small for the scenario's faults."""
    try:
        yield
    except TooFewDutiesError as fault:
        raise InputError(f"--recorders: {fault}") from fault


def _address(options: argparse.Namespace) -> BrokerAddress:
    try:
        tls = None if options.ca is None else ssl.create_default_context(cafile=str(options.ca))
    except OSError as fault:
        raise InputError(f"{options.ca}: {fault}") from fault
    return BrokerAddress(options.host, options.port, tls)


def _client(options: argparse.Namespace) -> OpenClient:
    return open_mqtt5 if options.mqtt == "5" else open_mqtt311


def _secrets(path: Path | None) -> Mapping[str, str] | None:
    if path is None:
        return None
    try:
        lines = [line.split() for line in path.read_text("utf-8").splitlines() if line.strip()]
        return {recorder_id: secret for recorder_id, secret in lines}  # noqa: C416 - a line of three options must fail
    except (OSError, ValueError) as fault:
        raise InputError(f"{path}: not lines of `recorder_id secret` ({fault})") from fault


def _ack_log(path: Path | None) -> AbstractContextManager[AcknowledgedLog | None]:
    return nullcontext() if path is None else AcknowledgedLog(path)
