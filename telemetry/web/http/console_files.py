"""The console's files at `/`: those of the package and MapLibre's out of its wheel, each known by name before it is asked for."""

import gzip
import hashlib
from dataclasses import dataclass
from functools import partial
from importlib.resources import files
from importlib.resources.abc import Traversable
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from aiohttp import web

_TYPES: Final = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".json": "application/json; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".ico": "image/x-icon",
    ".woff2": "font/woff2",
    ".mp3": "audio/mpeg",
    ".wav": "audio/wav",
    ".webmanifest": "application/manifest+json",
}
_PACKED: Final = frozenset({".html", ".css", ".js", ".mjs", ".json", ".svg", ".webmanifest"})
_VENDOR: Final = ("maplibre-gl.js", "maplibre-gl.css")


@dataclass(frozen=True, slots=True)
class _File:
    body: bytes
    packed: bytes | None
    media: str
    etag: str


def add_console(application: web.Application) -> None:
    """Serve the console. A path that isn't one of its files is none: nothing is looked up in a file system."""
    found = {**_console(), **_vendor()}
    for path, file in found.items():
        application.router.add_get(path, partial(_send, file))
    if "/index.html" in found:
        application.router.add_get("/", partial(_send, found["/index.html"]))
    if "/login.html" in found:
        application.router.add_get("/login", partial(_send, found["/login.html"]))
    elif "/index.html" in found:
        application.router.add_get("/login", partial(_send, found["/index.html"]))


def _console() -> dict[str, _File]:
    root = files("telemetry.web") / "console"
    return {path: _read(entry.read_bytes(), path) for path, entry in _walk(root, "")} if root.is_dir() else {}


def _walk(folder: Traversable, below: str) -> list[tuple[str, Traversable]]:
    found: list[tuple[str, Traversable]] = []
    for entry in folder.iterdir():
        path = f"{below}/{entry.name}"
        if entry.is_dir():
            found += _walk(entry, path)
        elif Path(entry.name).suffix in _TYPES:
            found.append((path, entry))
    return found


def _vendor() -> dict[str, _File]:
    """MapLibre GL lies in the wheel `maplibre`, which is found without being imported."""
    spec = find_spec("maplibre")
    if spec is None or not spec.submodule_search_locations:
        return {}
    folder = Path(spec.submodule_search_locations[0]) / "srcjs"
    return {f"/vendor/{name}": _read((folder / name).read_bytes(), name) for name in _VENDOR}


def _read(body: bytes, name: str) -> _File:
    suffix = Path(name).suffix
    packed = gzip.compress(body, 6, mtime=0) if suffix in _PACKED and len(body) > 1024 else None
    return _File(body, packed, _TYPES[suffix], hashlib.sha256(body).hexdigest()[:32])


async def _send(file: _File, request: web.Request) -> web.Response:
    headers = {"ETag": f'"{file.etag}"', "Cache-Control": "no-cache", "Vary": "Accept-Encoding"}
    if file.etag in request.headers.get("If-None-Match", ""):
        return web.Response(status=304, headers=headers)
    body = file.body
    if file.packed is not None and "gzip" in request.headers.get("Accept-Encoding", ""):
        body, headers["Content-Encoding"] = file.packed, "gzip"
    return web.Response(body=body, headers={**headers, "Content-Type": file.media})
