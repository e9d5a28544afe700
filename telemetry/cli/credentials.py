"""`credentials`: issues, revokes and exports MQTT accounts."""

import sys
from pathlib import Path

from telemetry.cli.command import Commands, Context, run_on_database
from telemetry.domain.errors import InputError
from telemetry.mqtt_credentials import export_accounts, issue_secrets
from telemetry.store.mqtt_accounts import revoke_credentials
from telemetry.store.pool import Database


def add_commands(commands: Commands) -> None:
    """Add the group's commands."""
    credentials = commands.add_parser("credentials", help="issue, revoke and export the recorders' logins")
    actions = credentials.add_subparsers(title="actions", metavar="ACTION", required=True)
    issue = actions.add_parser("issue", help="create new secrets; each is shown once, only its hash is stored")
    issue.add_argument("names", nargs="*", metavar="RECORDER", help="recorder ids (client id = user name)")
    issue.add_argument("--from", dest="file", type=Path, metavar="FILE", help="a file with one recorder id a line")
    issue.add_argument("--server", action="store_true", help="for the server's own account (broker.username)")
    issue.set_defaults(run=_issue)
    revoke = actions.add_parser("revoke", help="revoke logins; takes effect at the next export (EMQX: at once)")
    revoke.add_argument("names", nargs="+", metavar="RECORDER")
    revoke.set_defaults(run=_revoke)
    export = actions.add_parser("export", help="write mosquitto's password and ACL files; then send it SIGHUP")
    export.add_argument("directory", type=Path, metavar="DIRECTORY")
    export.set_defaults(run=_export)


def _issue(context: Context) -> int:
    options = context.options
    names = [context.settings.broker.username] if options.server else [*options.names, *_names_in(options.file)]
    if not names:
        raise InputError("no recorder named: give ids, --from FILE, or --server")

    async def work(database: Database) -> dict[str, str]:
        return await issue_secrets(database, names, "server" if options.server else "recorder")

    for name, secret in run_on_database(context, work).items():
        sys.stdout.write(f"{name} {secret}\n")
    return 0


def _names_in(path: Path | None) -> list[str]:
    if path is None:
        return []
    try:
        return path.read_text("utf-8").split()
    except (OSError, UnicodeDecodeError) as fault:
        raise InputError(f"{path}: {fault}") from fault


def _revoke(context: Context) -> int:
    names = context.options.names

    async def work(database: Database) -> list[str]:
        return await revoke_credentials(database, names)

    unknown = run_on_database(context, work)
    for name in unknown:
        sys.stderr.write(f"recorder-fleet: {name} has no valid login\n")
    return 1 if unknown else 0


def _export(context: Context) -> int:
    directory = context.options.directory

    async def work(database: Database) -> int:
        return await export_accounts(database, directory)

    try:
        count = run_on_database(context, work)
    except OSError as fault:
        raise InputError(f"{directory}: {fault}") from fault
    sys.stdout.write(f"{count} accounts written to {directory}\n")
    return 0
