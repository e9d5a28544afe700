"""A stand-in for the part of Grafana's HTTP API that pushing boards uses; it records requests."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any


@dataclass(slots=True)
class Grafana:
    """One organization, served below `path`. Each write increments a board's version, as in Grafana."""

    url: str
    token: str
    path: str
    datasources: dict[str, dict[str, Any]] = field(default_factory=dict)
    folders: dict[str, dict[str, Any]] = field(default_factory=dict)
    boards: dict[str, dict[str, Any]] = field(default_factory=dict)
    written: list[str] = field(default_factory=list)
    broken: bool = False

    def answer(self, method: str, path: str, body: Any) -> tuple[int, Any]:  # noqa: PLR0911 - one for each request
        """Answer one authorized request: status and body."""
        match [method, *path.strip("/").split("/")]:
            case ["GET", "datasources", "uid", uid]:
                return _found(self.datasources, uid, "Data source not found")
            case ["GET", "folders", uid]:
                return _found(self.folders, uid, "folder not found")
            case ["POST", "folders"]:
                if body["uid"] in self.folders:
                    return 409, {"message": "a folder with that name already exists"}
                self.folders[body["uid"]] = body
                return 200, body
            case ["GET", "dashboards", "uid", uid]:
                return _found(self.boards, uid, "Dashboard not found")
            case ["POST", "dashboards", "db"]:
                return self._store(body)
        return 404, {"message": f"no {method} {path} here"}

    def _store(self, body: dict[str, Any]) -> tuple[int, Any]:
        board, folder = body["dashboard"], body["folderUid"]
        if folder not in self.folders:
            return 400, {"message": "folder not found"}
        if board["uid"] in self.boards and not body.get("overwrite"):
            return 412, {"message": "The dashboard has been changed by someone else", "status": "version-mismatch"}
        version = self.boards.get(board["uid"], {"dashboard": {"version": 0}})["dashboard"]["version"] + 1
        stored = {**board, "id": len(self.boards) + 7, "version": version}
        self.boards[board["uid"]] = {"dashboard": stored, "meta": {"folderUid": folder}}
        self.written.append(board["title"])
        return 200, {"uid": board["uid"], "status": "success", "version": version}


def _found(things: dict[str, dict[str, Any]], uid: str, otherwise: str) -> tuple[int, Any]:
    return (200, things[uid]) if uid in things else (404, {"message": otherwise})


@contextmanager
def grafana_api(token: str, path: str = "") -> Iterator[Grafana]:
    """Serve one on a loopback port, below *path*."""

    class Handler(BaseHTTPRequestHandler):
        def _serve(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length)) if length else None
            status, answer = self._answer(body)
            data = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def _answer(self, body: Any) -> tuple[int, Any]:
            if not self.path.startswith(f"{grafana.path}/api/"):
                return 404, {"message": "Not found"}
            if self.headers.get("Authorization") != f"Bearer {grafana.token}":
                return 401, {"message": "Invalid API key"}
            if grafana.broken:
                return 500, {"message": "Internal Server Error"}
            return grafana.answer(self.command, self.path.removeprefix(f"{grafana.path}/api"), body)

        do_GET = do_POST = _serve  # noqa: N815 - http.server's names

        def log_message(self, *_: Any) -> None:
            """Suppress the access log."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    grafana = Grafana(f"http://127.0.0.1:{server.server_address[1]}{path}", token, path)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield grafana
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
