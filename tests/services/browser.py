"""Test set-up: Chromium with Chinese fonts, for browser tests."""

from typing import Final

from services.apt import install, install_packages, run

_INSTEAD: Final = "install chromium, fontconfig and a Chinese font yourself"


def install_browser() -> str:
    """Install Chromium and a Chinese font; return the program's path. Raises ServiceError."""
    have_chinese_glyphs()
    return install("chromium", ["chromium"], instead=_INSTEAD)


def have_chinese_glyphs() -> None:
    """Install a Chinese font. Raises ServiceError."""
    lister = install("fc-list", ["fontconfig"], instead=_INSTEAD)
    if not run([lister, ":lang=zh"]).strip():
        install_packages(["fonts-noto-cjk"], instead=_INSTEAD)
