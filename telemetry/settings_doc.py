"""Generate `docs/settings.md` from the settings: `python -m telemetry.settings_doc [--check]`."""

import sys
from pathlib import Path
from typing import Any, Final, get_args

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from telemetry.settings import ENV_PREFIX, Settings

PATH: Final = Path(__file__).parents[1] / "docs" / "settings.md"
_BOUNDS: Final = {"ge": "≥", "gt": ">", "le": "≤", "lt": "<"}
_HEAD: Final = f"""# Settings

Generated from `telemetry/settings.py` by `python -m telemetry.settings_doc`; don't edit.

Settings come from a TOML file (`recorder-fleet --config FILE …`) or from the environment, as
`{ENV_PREFIX}<TABLE>__<NAME>`; the environment overrides the file. Invalid settings are refused at start, by name.
"""


def render() -> str:
    """Return the whole document."""
    parts = [_HEAD]
    for table, info in Settings.model_fields.items():
        model = info.annotation
        if not (isinstance(model, type) and issubclass(model, BaseModel)):
            parts.append(f"\n## [{table}]\n\n{info.description}\n")
            continue
        parts.append(
            f"\n## [{table}]\n\n{(model.__doc__ or '').strip()}\n\n| setting | default | bounds | meaning |\n|---|---|---|---|\n"
        )
        parts += [_row(name, field) for name, field in model.model_fields.items()]
    return "".join(parts)


def _row(name: str, field: FieldInfo) -> str:
    return f"| `{name}` | {_default(field)} | {_bounds(field)} | {field.description} |\n"


def _default(field: FieldInfo) -> str:
    if field.default_factory is not None:
        return "this machine's name"
    value = field.default
    return "none" if value is None or "Secret" in type(value).__name__ else f"`{value}`"


def _bounds(field: FieldInfo) -> str:
    choices = [str(choice) for choice in get_args(field.annotation) if isinstance(choice, str)]
    if choices:
        return ", ".join(f"`{choice}`" for choice in choices)
    return ", ".join(_bound(entry) for entry in field.metadata if _bound(entry))


def _bound(entry: Any) -> str:
    return " ".join(f"{sign} {getattr(entry, name)}" for name, sign in _BOUNDS.items() if hasattr(entry, name))


if __name__ == "__main__":
    if "--check" in sys.argv:
        sys.exit(
            0 if PATH.read_text("utf-8") == render() else f"{PATH} is out of date: python -m telemetry.settings_doc"
        )
    PATH.parent.mkdir(exist_ok=True)
    PATH.write_text(render(), "utf-8")
