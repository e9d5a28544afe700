"""Test set-up: Debian packages, either installed on this machine or unpacked into a folder of their own."""

import functools
import os
import platform
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

_NO_QUESTIONS: Final = {"DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8"}
_POLICY: Final = Path("/usr/sbin/policy-rc.d")
_KEYRING: Final = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
# What a mirror may call the release that it mainly carries, beside the release's code name.
_ROLLING_NAMES: Final = frozenset({"stable", "oldstable", "oldoldstable", "testing"})


class ServiceError(RuntimeError):
    """A service that the tests need isn't available; the message says what to do."""


def install(program: str, packages: Sequence[str], *, instead: str) -> str:
    """The path of *program*; installs *packages* if it is missing. Raises ServiceError.

    *instead* ends the sentence "…, or" for somebody who can't install.
    """
    if (found := _find(program)) is not None:
        return found
    install_packages(packages, instead=instead)
    if (found := _find(program)) is not None:
        return found
    raise ServiceError(f"{' '.join(packages)} is installed, but {program} is nowhere")


def install_packages(packages: Sequence[str], *, instead: str) -> None:
    """Install *packages* without starting their services. Raises ServiceError."""
    need_root(f"install {' '.join(packages)}", instead=instead)
    _update()
    with _services_kept_down():
        run(["apt-get", "install", "-y", "--no-install-recommends", *packages])


def unpack(release: str, packages: Sequence[str], folder: Path) -> None:
    """Unpack *packages* of Debian's *release*, and all that they depend on, below *folder*.

    apt does it with lists and a status of its own, so that proxies, credentials and certificates of the machine's
    configuration count, and nothing of this machine's packages is asked or touched. No maintainer script runs.
    """
    with tempfile.TemporaryDirectory(dir=folder, prefix="apt-") as name:
        workshop = Path(name)
        options = _own_apt(release, workshop)
        run(["apt-get", *options, "update"])
        run(["apt-get", *options, "install", "-y", "--download-only", *packages])
        # Debian has /bin and its like in /usr since release 12; the links come from a maintainer script.
        for alias in ("bin", "sbin", "lib", "lib64"):
            (folder / "usr" / alias).mkdir(parents=True)
            (folder / alias).symlink_to(f"usr/{alias}")
        for archive in sorted((workshop / "archives").glob("*.deb")):
            _unpack_one(archive, folder)


def need_root(purpose: str, *, instead: str) -> None:
    """Raise ServiceError unless we are root on a machine with apt."""
    if shutil.which("apt-get") is None:
        raise ServiceError(f"to {purpose}, the tests need a Debian machine; or {instead}")
    if os.geteuid() != 0:
        raise ServiceError(f"to {purpose}, run the tests as root; or {instead}")


def run(
    command: Sequence[str | Path], *, folder: Path | None = None, environment: Mapping[str, str] | None = None
) -> str:
    """Run a command and return its output. Raises ServiceError with its last lines if it fails."""
    try:
        done = subprocess.run(
            command,
            check=False,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd=folder,
            env=os.environ | _NO_QUESTIONS if environment is None else environment,
        )
    except FileNotFoundError as fault:
        raise ServiceError(f"{command[0]} is not on this machine") from fault
    if done.returncode != 0:
        last = "\n".join(done.stdout.splitlines()[-15:])
        raise ServiceError(f"`{' '.join(map(str, command))}` ended with {done.returncode}:\n{last}")
    return done.stdout


def _find(program: str) -> str | None:
    # Debian has daemons where only root's PATH looks.
    return shutil.which(program) or shutil.which(program, path="/usr/local/sbin:/usr/sbin:/sbin")


@functools.cache
def _update() -> None:
    run(["apt-get", "update"])


@contextmanager
def _services_kept_down() -> Iterator[None]:
    """Keep Debian from starting daemons on installation; the tests start their own."""
    if _POLICY.exists():
        yield
        return
    _POLICY.write_text("#!/bin/sh\nexit 101\n")
    _POLICY.chmod(0o755)
    try:
        yield
    finally:
        _POLICY.unlink()


def _own_apt(release: str, workshop: Path) -> list[str]:
    for folder in ("lists/partial", "archives/partial", "sources"):
        (workshop / folder).mkdir(parents=True)
    (workshop / "status").touch()
    signed = f"Signed-By: {_KEYRING}\n" if _KEYRING.exists() else ""
    (workshop / "sources" / "release.sources").write_text(
        f"Types: deb\nURIs: {mirror()}\nSuites: {release}\nComponents: main\n{signed}"
    )
    settings = {
        "Dir::State": workshop,
        "Dir::State::lists": workshop / "lists",
        "Dir::State::status": workshop / "status",
        "Dir::Cache": workshop,
        "Dir::Cache::archives": workshop / "archives",
        "Dir::Etc::sourcelist": "/dev/null",
        "Dir::Etc::sourceparts": workshop / "sources",
        "APT::Install-Recommends": "false",
        "APT::Sandbox::User": "root",
    }
    return [part for name, value in settings.items() for part in ("-o", f"{name}={value}")]


def mirror() -> str:
    """The mirror of this machine's release, from apt's configuration."""
    codename = platform.freedesktop_os_release().get("VERSION_CODENAME", "")
    listed = run(["apt-get", "indextargets", "--format", "$(REPO_URI) $(RELEASE) $(COMPONENT)", "Identifier: Packages"])
    for line in listed.splitlines():
        uri, release, component = line.split(" ")
        if component == "main" and release in {codename, *_ROLLING_NAMES}:
            return uri
    raise ServiceError("apt's configuration names no mirror of Debian's `main`")


def _unpack_one(archive: Path, folder: Path) -> None:
    with subprocess.Popen(["dpkg-deb", "--fsys-tarfile", archive], stdout=subprocess.PIPE) as reader:
        unpacked = subprocess.run(
            ["tar", "--extract", "--keep-directory-symlink", "--directory", str(folder)],
            stdin=reader.stdout,
            check=False,
        )
    if reader.returncode != 0 or unpacked.returncode != 0:
        raise ServiceError(f"{archive.name} can't be unpacked below {folder}")
