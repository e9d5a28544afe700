"""Files that leave the house: DOCX, PDF, XLSX and CSV answers with a name that every browser takes."""

from typing import Final
from urllib.parse import quote

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

TYPES: Final = {
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pdf": "application/pdf",
    "csv": "text/csv; charset=utf-8",
}


class ExportQuery(BaseModel):
    """`why` something leaves the house: it goes into the log with who and when."""

    model_config = ConfigDict(extra="forbid")
    why: str = Field(default="", max_length=500)


def file_answer(body: bytes, name: str, kind: str) -> web.Response:
    """A file called *name*, to be saved."""
    return web.Response(
        body=body,
        headers={
            "Content-Type": TYPES[kind],
            "Content-Disposition": f"attachment; filename=\"paper.{kind}\"; filename*=UTF-8''{quote(f'{name}.{kind}', safe='')}",
            "Cache-Control": "no-store",
        },
    )
