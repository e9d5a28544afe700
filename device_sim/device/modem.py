"""A recorder's modem: its SIM card, the cell it receives, and what its model can report of both."""

from random import Random
from typing import Final

from device_sim.device import payloads
from device_sim.device.device_truth import Cause
from device_sim.device.models import Model
from device_sim.world.places import PlaceKind, Signal

_WITHOUT_COVERAGE: Final = frozenset({"garage", "lift"})
_SETTLES_MS: Final = (2_500, 8_500)
_WEAKEST_DBM: Final = -127


class Modem:
    """SIM card, place and signal. A modem without a card still measures its cell."""

    def __init__(self, model: Model, card: str | None, rng: Random) -> None:
        self._model = model
        self._rng = rng
        self.card = card
        self.place: PlaceKind = "station"
        self.signal = Signal(None, None, has_service=False)
        self.noise_db = 0.0
        self._last_rsrp: float | None = None
        self._ready_ms = 0
        self._start_delay_ms = 0

    @property
    def is_indoors(self) -> bool:
        """Whether it is in a place without mobile network and GNSS."""
        return self.place in _WITHOUT_COVERAGE

    @property
    def shows_missing_sim(self) -> bool:
        """Whether a heartbeat sent now would show that the card is missing."""
        return self.card is None and (self._model.senses_sim or self.signal.rsrp_dbm is not None)

    def offline_cause(self, now_ms: int) -> Cause | None:
        """Why it has no service at *now_ms*, or None."""
        if not self.signal.has_service:
            return "no_coverage" if self.is_indoors else "cell_outage"
        if self.card is None:
            return "sim_removed"
        return None if now_ms >= self._ready_ms else "device_fault"

    def is_ready(self, now_ms: int) -> bool:
        """Whether a card is in the slot and registered with the network."""
        return self.card is not None and now_ms >= self._ready_ms

    def boot(self, now_ms: int) -> None:
        """Start up. The card takes some seconds to be ready, longer after `delay_next_start`."""
        self._ready_ms = now_ms + self._rng.randrange(*_SETTLES_MS) + self._start_delay_ms
        self._start_delay_ms = 0

    def delay_next_start(self, delay_ms: int) -> None:
        """Make the card take *delay_ms* longer at the next boot."""
        self._start_delay_ms = delay_ms

    def insert(self, card: str, now_ms: int) -> None:
        """Put a card in; it takes 4 to 16 seconds to be ready."""
        self.card = card
        self._ready_ms = now_ms + self._rng.randrange(4_000, 16_000)

    def lose_contact(self, until_ms: int) -> None:
        """Lose the card's contact until *until_ms*."""
        self._ready_ms = until_ms

    def reported_iccid(self, where: str, now_ms: int) -> str | None:
        """The ICCID that the model reports in *where* ("birth" or "heartbeat"); None without a ready card."""
        told_in = self._model.iccid_in
        is_told = told_in != "nothing" if where == "birth" else told_in == where
        return self.card if is_told and self.is_ready(now_ms) else None

    def heartbeat(self, opening: str, uptime_s: int, now_ms: int, *, by_wifi: bool) -> str:
        """Build a heartbeat payload from the present signal, with some noise."""
        signal, ready = self.signal, self.is_ready(now_ms)
        self.noise_db = 0.7 * self.noise_db + self._rng.gauss(0.0, 1.8)
        network = "none"
        if by_wifi:
            network = "wifi"
        elif ready and (signal.has_service or signal.cell is not None):
            network = "4g"
        return payloads.heartbeat(
            opening,
            uptime_s=uptime_s,
            network=network,
            rsrp_dbm=self._measured(),
            cell=signal.cell if network == "4g" else None,
            sim=("ready" if ready else "absent") if self._model.senses_sim else None,
            iccid=self.reported_iccid("heartbeat", now_ms),
        )

    def _measured(self) -> int | None:
        rsrp = self.signal.rsrp_dbm
        if rsrp is not None:
            self._last_rsrp = max(-124.0, min(-60.0, rsrp + self.noise_db))
            return int(self._last_rsrp)
        match self._model.rsrp_without_service:
            case "stale":
                return None if self._last_rsrp is None else int(self._last_rsrp)
            case "weak":
                return _WEAKEST_DBM
            case _:
                return None
