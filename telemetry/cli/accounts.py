"""`accounts`: manages console accounts on the server itself, e.g. the first administrator."""

import getpass
import sys
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Final, TypeVar

from telemetry.cli.command import Commands, Context, account_here, run_on_database
from telemetry.domain.clock import wall_now
from telemetry.domain.errors import InputError
from telemetry.records.audit import AuditEntry
from telemetry.store.accounts import change_account, find_account, list_accounts
from telemetry.store.audit import add_entry
from telemetry.store.logins import drop_factor, end_sessions
from telemetry.store.pool import Database
from telemetry.web.http.account_provisioning import (
    ROLES,
    check_password,
    check_terms,
    enrol,
    issue_once,
    new_account,
    replace_password,
)
from telemetry.web.http.problems import Refused
from telemetry.web.http.secrets_and_passwords import MOST_PASSWORD, hash_password

_T = TypeVar("_T")
_SESSION_HOURS: Final = 12


def add_commands(commands: Commands) -> None:
    """Add the group's commands."""
    accounts = commands.add_parser("accounts", help="manage console accounts")
    actions = accounts.add_subparsers(title="actions", metavar="ACTION", required=True)
    admin = actions.add_parser(
        "create-admin", help="create an administrator; the password is prompted for, or read from standard input"
    )
    admin.add_argument("username", metavar="NAME")
    admin.set_defaults(run=_create, roles=["administrator"], unit=None, officer=None, name=None)
    create = actions.add_parser("create", help="create an account with any roles")
    create.add_argument("username", metavar="NAME")
    create.add_argument("--role", dest="roles", action="append", required=True, choices=ROLES, help="may be repeated")
    create.add_argument(
        "--unit", metavar="UNIT", help="limit it to this unit and those below (default: the whole bureau)"
    )
    create.add_argument("--officer", metavar="OFFICER", help="officer id of its person")
    create.add_argument("--name", metavar="TEXT", help="display name")
    create.set_defaults(run=_create)
    once = actions.add_parser("once", help="print a one-time login link, valid for 15 minutes")
    once.add_argument("username", metavar="NAME")
    once.add_argument(
        "--hours",
        type=int,
        default=_SESSION_HOURS,
        metavar="H",
        help="duration of its session (12); over 24, for a wall display, without idle time-out",
    )
    once.set_defaults(run=_once)
    password = actions.add_parser("password", help="set an account's password and end its sessions")
    password.add_argument("username", metavar="NAME")
    password.set_defaults(run=_password)
    factor = actions.add_parser("forget-factor", help="forget an account's second factor; it enrols another one")
    factor.add_argument("username", metavar="NAME")
    factor.set_defaults(run=_forget_factor)
    disable = actions.add_parser("disable", help="disable an account and end its sessions")
    disable.add_argument("username", metavar="NAME")
    disable.set_defaults(run=_disable, disabled=True)
    enable = actions.add_parser("enable", help="enable an account")
    enable.add_argument("username", metavar="NAME")
    enable.set_defaults(run=_disable, disabled=False)
    listed = actions.add_parser("list", help="list all accounts with their roles")
    listed.set_defaults(run=_list)


def _create(context: Context) -> int:
    options = context.options
    username = options.username.lower()
    now = wall_now()
    # Check everything else before asking for the password.
    terms = new_account(
        username,
        options.name or username,
        frozenset(options.roles),
        now=now,
        by=account_here(),
        unit_id=options.unit,
        officer_id=options.officer,
    )
    _refusals_as_input(lambda: check_terms(terms))
    account = replace(terms, password_hash=hash_password(_ask_password(username)))
    entry = AuditEntry(
        account_here(), "local", "account.create", "account", username, detail={"roles": sorted(terms.roles)}
    )
    _with_database(context, lambda database: enrol(database, account, now, entry))
    sys.stdout.write(f"{username} may sign in\n")
    return 0


def _once(context: Context) -> int:
    options = context.options
    if not 1 <= options.hours <= 720:
        raise InputError("--hours: 1 to 720")

    async def work(database: Database) -> str:
        return await issue_once(
            database, options.username.lower(), wall_now(), by=account_here(), session_s=options.hours * 3600
        )

    token = _with_database(context, work)
    http = context.settings.http
    base = http.public_url or f"http://{http.host}:{http.port}"
    sys.stdout.write(f"{base}/login#once={token}\n")
    return 0


def _password(context: Context) -> int:
    username = context.options.username.lower()
    hashed = hash_password(_ask_password(username))

    async def work(database: Database) -> None:
        entry = AuditEntry(account_here(), "local", "account.password_reset", "account", username)
        async with database.transaction() as connection:
            await replace_password(connection, username, hashed, wall_now(), entry, must_change=False)

    _with_database(context, work)
    return 0


def _forget_factor(context: Context) -> int:
    username = context.options.username.lower()

    async def work(database: Database) -> None:
        async with database.transaction() as connection:
            if not await drop_factor(connection, username):
                raise InputError(f"{username} has no second factor")
            await end_sessions(connection, username)
            entry = AuditEntry(account_here(), "local", "account.factor_reset", "account", username)
            await add_entry(connection, entry)

    _with_database(context, work)
    return 0


def _disable(context: Context) -> int:
    username, disabled = context.options.username.lower(), context.options.disabled

    async def work(database: Database) -> None:
        async with database.transaction() as connection:
            row = await find_account(connection, username)
            if row is None:
                raise InputError(f"there is no account {username}")
            await change_account(connection, replace(row, disabled=disabled))
            await end_sessions(connection, username)
            action = "account.disable" if disabled else "account.enable"
            await add_entry(connection, AuditEntry(account_here(), "local", action, "account", username))

    _with_database(context, work)
    return 0


def _list(context: Context) -> int:
    async def work(database: Database) -> None:
        after = ""
        while rows := await list_accounts(database, after, 200, None):
            for row in rows:
                state = " disabled" if row.disabled else ""
                sys.stdout.write(f"{row.username} {row.unit_id or '-'} {','.join(sorted(row.roles)) or '-'}{state}\n")
            after = rows[-1].username

    _with_database(context, work)
    return 0


def _ask_password(username: str) -> str:
    """Ask twice on a terminal, else read one line. Never an argument, which other users of the machine can see."""
    if sys.stdin.isatty():
        password = getpass.getpass("password: ")
        if getpass.getpass("again: ") != password:
            raise InputError("the passwords differ")
    else:
        password = sys.stdin.readline(MOST_PASSWORD + 2).rstrip("\r\n")
    _refusals_as_input(lambda: check_password(password, username))
    return password


def _refusals_as_input(work: Callable[[], _T]) -> _T:
    try:
        return work()
    except Refused as refused:
        raise InputError(f"{refused.title} {refused.detail}".strip()) from None


def _with_database(context: Context, work: Callable[[Database], Awaitable[_T]]) -> _T:
    return _refusals_as_input(lambda: run_on_database(context, work))
