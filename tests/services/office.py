"""Test set-up: LibreOffice's writer with Chinese glyphs, for the tests that count the pages of official paper."""

from services.apt import install
from services.browser import have_chinese_glyphs


def install_office() -> str:
    """Install LibreOffice; return the program's path. Raises ServiceError."""
    have_chinese_glyphs()
    return install("soffice", ["libreoffice-writer-nogui"], instead="install LibreOffice's writer yourself")
