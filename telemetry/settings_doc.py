"""What the settings tree says of itself: `docs/settings.md` (`python -m telemetry.settings_doc [--check]`), an example."""

import json
import sys
from collections.abc import Iterator, Mapping
from datetime import time
from pathlib import Path
from typing import Any, Final, get_args

from pydantic import SecretStr
from pydantic.fields import FieldInfo

from alerts.notices.channels.registry import ChannelSettings
from telemetry.domain.settings_table import Table, unit_of
from telemetry.settings_tree import ENV_PREFIX, Settings

PATH: Final = Path(__file__).parents[1] / "docs" / "settings.md"
_BOUNDS: Final = {"ge": "≥", "gt": ">", "le": "≤", "lt": "<", "min_length": "length ≥", "max_length": "length ≤"}
_HEAD: Final = f"""# Settings

Made from the settings tree by `python -m telemetry.settings_doc`; don't edit it by hand.

A setting stands in a TOML file (`recorder-fleet --config FILE …`) under its table, or in the environment as
`{ENV_PREFIX}<TABLE>__<NAME>`, with `_` for the hyphens of a rule's id (`{ENV_PREFIX}RULES__BATTERY_LOW__BELOW_PCT`) and
with JSON for a list; the environment goes over the file. Nonsense is refused at start, all of it at once, by its name.
`recorder-fleet config example` prints a whole file, `recorder-fleet config check FILE` looks for faults.
"""
_EXAMPLE_HEAD: Final = f"""# recorder-fleet: 全部设置及其默认值；去掉行首的 # 即可修改。环境变量 {ENV_PREFIX}<表>__<名称> 优先于本文件。
# All settings with their defaults: take away the # before a line to change it. The environment goes over this file.
"""


def tables(path: str = "", model: type[Table] = Settings, title: str = "") -> Iterator[tuple[str, str, type[Table]]]:
    """The path, the title and the model of each table of the tree; a channel's title is its kind."""
    if path:
        yield path, title, model
    for name, field in model.model_fields.items():
        here = f"{path}.{name}" if path else name
        if isinstance(field.annotation, type) and issubclass(field.annotation, Table):
            yield from tables(here, field.annotation, field.title or "")
        elif field.annotation == Mapping[str, ChannelSettings]:
            for channel in get_args(get_args(ChannelSettings)[0]):
                yield f"{here}.NAME", f'kind = "{channel.model_fields["kind"].default}"', channel


def values(model: type[Table]) -> dict[str, FieldInfo]:
    """The settings of a table, without the tables in it."""
    return {
        name: field
        for name, field in model.model_fields.items()
        if name != "kind"
        and field.annotation != Mapping[str, ChannelSettings]
        and not (isinstance(field.annotation, type) and issubclass(field.annotation, Table))
    }


def render() -> str:
    """Return the whole document."""
    parts = [_HEAD]
    for path, title, model in tables():
        parts.append(f"\n## [{path}]\n\n{title}: {_about(model)}\n")
        if values(model):
            parts.append("\n| setting | default | unit | bounds | meaning |\n|---|---|---|---|---|\n")
        parts += [
            f"| `{name}` | {_default(field)} | {unit_of(name, field)} | {_bounds(field)} | {field.description} |\n"
            for name, field in values(model).items()
        ]
    return "".join(parts)


def example() -> str:
    """A settings file that changes nothing: each setting with its default, behind a #."""
    parts = [_EXAMPLE_HEAD]
    for path, title, model in tables():
        is_channel = issubclass(model, get_args(get_args(ChannelSettings)[0]))
        head = f"#[{path}]\n#{title}" if is_channel else f"[{path}]"
        parts.append(f"\n# {_about(model) if is_channel else f'{title}: {_about(model)}'}\n{head}\n")
        for name, field in values(model).items():
            limits = ", ".join(filter(None, (unit_of(name, field), _bounds(field))))
            meaning = f"{field.description} ({limits})" if limits else field.description
            parts.append(f"# {field.title}\n# {meaning}\n#{name} = {_toml(field.default)}".rstrip() + "\n")
    return "".join(parts)


def _about(model: type[Table]) -> str:
    return (model.__doc__ or "").partition("\n")[0].strip()


def _default(field: FieldInfo) -> str:
    if field.default_factory is not None:
        return "this machine's name"
    if field.is_required():
        return "required"
    return "none" if field.default is None or isinstance(field.default, SecretStr) else f"`{_toml(field.default)}`"


def _toml(value: Any) -> str:
    """*value* as TOML writes it; nothing where there is none."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key} = {_toml(each)}" for key, each in value.items()) + "}"
    if isinstance(value, SecretStr | time):
        return json.dumps(value.get_secret_value() if isinstance(value, SecretStr) else value.isoformat())
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str | int | float | tuple) else ""


def _bounds(field: FieldInfo) -> str:
    choices = [str(choice) for choice in get_args(field.annotation) if isinstance(choice, str)]
    if choices:
        return ", ".join(f"`{choice}`" for choice in choices)
    found = (
        f"{sign} {getattr(entry, name)}"
        for entry in field.metadata
        for name, sign in _BOUNDS.items()
        if hasattr(entry, name)
    )
    return ", ".join(found)


if __name__ == "__main__":
    if "--check" in sys.argv:
        sys.exit(
            0 if PATH.read_text("utf-8") == render() else f"{PATH} is out of date: python -m telemetry.settings_doc"
        )
    PATH.parent.mkdir(exist_ok=True)
    PATH.write_text(render(), "utf-8")
