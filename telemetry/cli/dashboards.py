"""`dashboards`: Grafana's database login, the areas of its map, and pushing the boards to a Grafana."""

import getpass
import json
import re
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final, TypeVar

from dashboards.board import Site
from telemetry.cli.command import Commands, Context, run_on_database
from telemetry.domain.errors import InputError, RecorderFleetError
from telemetry.store.boards import grant_boards, unit_areas
from telemetry.store.pool import Database
from telemetry.workers import check_schema

_T = TypeVar("_T")
_LEAST_PASSWORD: Final = 16


class GrafanaError(RecorderFleetError):
    """Grafana is unavailable or refused."""


def add_commands(commands: Commands) -> None:
    """Add the group's commands."""
    here = Site()
    boards = commands.add_parser("dashboards", help="Grafana's boards and database login")
    actions = boards.add_subparsers(title="actions", metavar="ACTION", required=True)
    push = actions.add_parser("push", help="push the boards to a Grafana; writes only what has changed")
    push.add_argument("--url", required=True, metavar="URL", help="Grafana's address, a path below it included")
    push.add_argument(
        "--token-file", type=Path, required=True, metavar="FILE", help="a service account's token (Editor)"
    )
    push.add_argument("--console", metavar="URL", help="URL of the console (default: http.public_url)")
    push.add_argument("--centre", type=float, nargs=2, default=(here.latitude, here.longitude), metavar=("LAT", "LON"))
    push.add_argument("--zoom", type=int, default=here.zoom, help=f"initial zoom of the map ({here.zoom})")
    push.set_defaults(run=_push)
    grant = actions.add_parser("grant", help="create a database login that can read only the boards' views")
    grant.add_argument("--role", default="recorder_fleet_board", metavar="NAME", help="(recorder_fleet_board)")
    grant.add_argument(
        "--password-file", type=Path, metavar="FILE", help="default: prompted for, or read from standard input"
    )
    grant.set_defaults(run=_grant)
    areas = actions.add_parser("areas", help="write the units' areas (GeoJSON) for the map")
    areas.add_argument(
        "file", type=Path, metavar="FILE", help="below Grafana: public/maps/recorder-fleet/units.geojson"
    )
    areas.set_defaults(run=_areas)


def _push(context: Context) -> int:
    options, http = context.options, context.settings.http
    console = options.console or http.public_url or f"http://{http.host}:{http.port}"
    site = Site(console, options.centre[0], options.centre[1], options.zoom)
    # Imported here, because it takes half a second.
    from dashboards.push import PushError, push  # noqa: PLC0415

    try:
        for title, is_new in push(options.url, _secret_in(options.token_file, "token"), site):
            sys.stdout.write(f"{title} {'written' if is_new else 'unchanged'}\n")
    except PushError as fault:
        raise GrafanaError(f"Grafana: {fault}") from fault
    return 0


def _grant(context: Context) -> int:
    options = context.options
    if not re.fullmatch(r"[a-z_][a-z0-9_]{0,62}", options.role):
        raise InputError("--role: small letters, digits and _, 63 at most")
    password = _secret_in(options.password_file, "password") if options.password_file else _ask_password()
    if len(password) < _LEAST_PASSWORD:
        raise InputError(f"the password: {_LEAST_PASSWORD} characters at least (openssl rand -hex 24)")

    async def work(database: Database) -> bool:
        return await grant_boards(database, options.role, password)

    is_new = _with_database(context, work, as_owner=True)
    sys.stdout.write(
        f"{options.role} {'made' if is_new else 'has a new password'}: it reads schema board, nothing else\n"
    )
    return 0


def _areas(context: Context) -> int:
    text = json.dumps(_with_database(context, unit_areas), ensure_ascii=False)
    path = context.options.file
    try:
        path.write_text(text, "utf-8")
    except OSError as fault:
        raise InputError(f"{path}: {fault}") from fault
    return 0


def _ask_password() -> str:
    if sys.stdin.isatty():
        return _checked(getpass.getpass("password: "), "the password")
    return _checked(sys.stdin.readline().strip(), "the password")


def _secret_in(path: Path, what: str) -> str:
    try:
        text = path.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as fault:
        raise InputError(f"{path}: {fault}") from fault
    return _checked(text, f"{path}: the {what}")


def _checked(secret: str, what: str) -> str:
    if not re.fullmatch(r"[!-~]+", secret):
        raise InputError(f"{what} is to be one word of printable ASCII")
    return secret


def _with_database(context: Context, work: Callable[[Database], Awaitable[_T]], *, as_owner: bool = False) -> _T:
    async def checked(database: Database) -> _T:
        await check_schema(database)
        return await work(database)

    return run_on_database(context, checked, as_owner=as_owner)
