"""Puts the boards into a running Grafana over its HTTP API, and writes only those that changed."""

from collections.abc import Callable, Iterator
from typing import Any, Final
from urllib.parse import urlsplit

from grafana_client.api import GrafanaApi
from grafana_client.client import GrafanaClientError, GrafanaException, TokenAuth
from niquests.exceptions import RequestException

from dashboards.board import Site
from dashboards.build import rendered
from dashboards.query import DATASOURCE_TYPE, DATASOURCE_UID

FOLDER_UID: Final = "recorder-fleet"
_FOLDER_TITLE: Final = "执法记录仪"
_TIMEOUT_S: Final = 20.0
_POSTGRES: Final = {DATASOURCE_TYPE, "postgres"}
"""The data source's type, now and before Grafana 10.3."""


class PushError(Exception):
    """Grafana can't be reached or refuses, or has no data source for the boards."""


def push(url: str, token: str, site: Site) -> Iterator[tuple[str, bool]]:
    """Put the boards into the Grafana at *url*; yield each title and whether the board had to be written.

    *token* belongs to a service account that may edit dashboards and read data sources. Raises PushError.
    """
    grafana = _client(url, token)
    try:
        _check_datasource(grafana)
        _make_folder(grafana)
        for board in rendered(site).values():
            yield board["title"], _put(grafana, board)
    except GrafanaException as fault:
        raise PushError(str(fault.message)) from fault
    except RequestException as fault:
        raise PushError(f"{url}: {fault}") from fault


def _client(url: str, token: str) -> GrafanaApi:
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username or parts.password:
        raise PushError(
            f"{parts.hostname or url}: an address is http(s)://host[:port][/path], without a password in it"
        )
    # The client appends `api` to the path without a slash.
    path = f"{parts.path.strip('/')}/" if parts.path.strip("/") else ""
    return GrafanaApi(
        TokenAuth(token),
        host=parts.hostname,
        port=parts.port,
        url_path_prefix=path,
        protocol=parts.scheme,
        timeout=_TIMEOUT_S,
    )


def _check_datasource(grafana: GrafanaApi) -> None:
    found = _or_none(lambda: grafana.datasource.get_datasource_by_uid(DATASOURCE_UID))
    if found is None:
        raise PushError(
            f"it has no data source with the uid {DATASOURCE_UID}: make one of type PostgreSQL with the login of "
            "`recorder-fleet dashboards grant` (dashboards/provisioning/datasources shows it as a file)"
        )
    if found.get("type") not in _POSTGRES:
        raise PushError(f"its data source {DATASOURCE_UID} is of type {found.get('type')}, not PostgreSQL")


def _make_folder(grafana: GrafanaApi) -> None:
    if _or_none(lambda: grafana.folder.get_folder(FOLDER_UID)) is None:
        grafana.folder.create_folder(_FOLDER_TITLE, uid=FOLDER_UID)


def _put(grafana: GrafanaApi, board: dict[str, Any]) -> bool:
    found = _or_none(lambda: grafana.dashboard.get_dashboard(board["uid"]))
    if found is not None and found["meta"].get("folderUid") == FOLDER_UID and _own(found["dashboard"]) == _own(board):
        return False
    grafana.dashboard.update_dashboard(
        {"dashboard": board, "folderUid": FOLDER_UID, "overwrite": True, "message": "recorder-fleet dashboards push"}
    )
    return True


def _own(board: dict[str, Any]) -> dict[str, Any]:
    """*board* without what Grafana adds: its number and version."""
    return {name: value for name, value in board.items() if name not in {"id", "version"}}


def _or_none(ask: Callable[[], dict[str, Any]]) -> dict[str, Any] | None:
    """The result of *ask*; None if Grafana answers 404."""
    try:
        return ask()
    except GrafanaClientError as fault:
        if fault.status_code == 404:
            return None
        raise
