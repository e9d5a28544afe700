"""The second factor: codes of an authenticator by time (TOTP, RFC 6238), for the roles that rights hang on."""

from typing import Final

import pyotp
import segno

from alerts.incidents.actors import Role
from telemetry.settings import AccountsSettings
from telemetry.web.http.secrets_and_passwords import is_same

FACTOR_ROLES: Final[frozenset[Role]] = frozenset({"administrator", "security", "auditor", "verifier"})
_STEP_S: Final = 30
_ISSUER: Final = "recorder-fleet"


def needs_factor(roles: frozenset[str], accounts: AccountsSettings, *, is_https: bool) -> bool:
    """Whether an account with *roles* signs in with a second factor, by the settings."""
    is_on = accounts.second_factor == "always" or (accounts.second_factor == "https" and is_https)
    return is_on and bool(roles & FACTOR_ROLES)


def draw_factor() -> str:
    """A new secret in base32, 160 bits."""
    return pyotp.random_base32()


def address_of_factor(secret: str, username: str) -> str:
    """The `otpauth:` address that an authenticator reads."""
    return pyotp.TOTP(secret).provisioning_uri(name=username, issuer_name=_ISSUER)


def picture_of(address: str) -> str:
    """*address* as a QR code: an SVG as a `data:` address."""
    return segno.make(address, error="m", micro=False).svg_data_uri(scale=4)


def step_of(code: str, secret: str, now_s: float, last_step: int) -> int | None:
    """The time step whose code *code* is, of those around *now_s* and after *last_step*; None if it is none of these.

    One step to either side is a clock that is a little off; a step that was used is never taken again.
    """
    current = int(now_s) // _STEP_S
    codes = pyotp.TOTP(secret)
    return next(
        (
            step
            for step in (current, current - 1, current + 1)
            if step > last_step and is_same(code, codes.generate_otp(step))
        ),
        None,
    )
