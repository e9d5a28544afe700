"""Numbers in paths, for the resources that are counted and not named."""

from telemetry.web.http.problems import faulty
from telemetry.web.http.route import Call


def number_in_path(call: Call, name: str) -> int:
    """The number that the path gives as *name*. Raises Refused for what is none."""
    text = call.path[name]
    if not (text.isascii() and text.isdigit() and len(text) < 18):
        raise faulty(name, "no number", "不是有效的编号")
    return int(text)
