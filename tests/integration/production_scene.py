"""Test helper: mosquitto with the configuration and the start script of production."""

import asyncio
import os
import re
import ssl
from collections.abc import Callable
from pathlib import Path

from broker_scene import ACCOUNTS, MQTT_5, NOW, SECONDS, Scene, write_tls_files
from services.ports import free_port

from broker.access import write_access_files
from broker.certificates import new_authority
from broker.embedded import RunningBroker
from broker.mosquitto_conf import Ports
from broker.mosquitto_process import find_mosquitto

PRODUCTION = Path(__file__).parents[2] / "broker" / "production"


class Production:
    """mosquitto as a bureau runs it, but for folders and port numbers."""

    def __init__(self, directory: Path, change: Callable[[str], str] = str) -> None:
        self.directory = directory
        self._change = change
        self.ports = Ports(recorders=0, server=free_port(), tls=free_port(), certificate=free_port())
        self.process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        program = find_mosquitto()
        assert program is not None
        write_access_files(self.directory / "access", ACCOUNTS)
        write_tls_files(self.directory / "tls", new_authority("a bureau", NOW), ["127.0.0.1"])
        (self.directory / "data").mkdir(exist_ok=True)
        text = (PRODUCTION / "mosquitto.conf").read_text().replace("/mosquitto/", f"{self.directory}/")
        for number, port in ((1883, self.ports.server), (8883, self.ports.tls), (8884, self.ports.certificate)):
            text, found = re.subn(rf"^listener {number}$", f"listener {port} 127.0.0.1", text, flags=re.MULTILINE)
            assert 1 == found
        if os.geteuid() == 0:
            # In its container mosquitto's own user owns these files.
            text += "user root\n"
        configuration = self.directory / "mosquitto.conf"
        configuration.write_text(self._change(text))
        self.process = await asyncio.create_subprocess_exec(
            PRODUCTION / "mosquitto-run.sh",
            configuration,
            self.directory / "access",
            "0.1",
            stderr=asyncio.subprocess.PIPE,
            env=os.environ | {"PATH": f"{program.parent}:{os.environ['PATH']}"},
        )
        assert self.process.stderr is not None
        async with asyncio.timeout(SECONDS):
            while not (await self.process.stderr.readline()).rstrip().endswith(b" running"):
                assert self.process.returncode is None

    async def stop(self) -> None:
        assert self.process is not None
        if self.process.returncode is None:
            self.process.terminate()
            await asyncio.wait_for(self.process.wait(), SECONDS)

    @property
    def scene(self) -> Scene:
        broker = RunningBroker("mosquitto", "127.0.0.1", self.ports, None)  # type: ignore[arg-type]
        return Scene(broker, MQTT_5, ssl.create_default_context(cafile=str(self.directory / "tls" / "authority.pem")))

    @property
    def peak_bytes(self) -> int:
        """The most memory that mosquitto itself has used so far."""
        assert self.process is not None
        pid = self.process.pid
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        (broker,) = [child for child in children if b"mosquitto" in Path(f"/proc/{child}/cmdline").read_bytes()]
        return int(re.findall(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{broker}/status").read_text())[0]) * 1024
