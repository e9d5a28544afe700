"""The secrets scan finds what is planted, and nothing else in this repository."""

import subprocess
from pathlib import Path

import pytest
from services.secret_exceptions import EXCEPTIONS
from services.secret_scan import main, scan, scan_text

ROOT = Path(__file__).parents[2]
# In two parts each, so that the scan of this repository doesn't find them here.
PLANTED = {
    "private key": "-----BEGIN " + "EC PRIVATE KEY-----",
    "cloud key": "LTAI" + "5tQx9mWk2ZbVd7Rf3Hn8",
    "access token": "ghp_" + "aB3dE5fG7hJ9kL1mN2pQ4rS6tU8vW0xY1zA2",
    "signed token": "eyJ" + "hbGciOiJIUzI1NiJ9." + "eyJzdWIiOiJ3YW5nIiwiaWF0IjoxfQ.c2lnbmF0dXJlLW9mLWl0",
    "password in an address": "postgresql://fleet:" + "Tg7-kw2q@db.example/fleet",
    "password hash": "$argon2id$v=" + "19$m=47104,t=1,p=1$c2FsdHNhbHRzYWx0$aGFzaGhhc2hoYXNoaGFzaA",
    "webhook": "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=" + "693a91f6-7xxx-4bc4-97a0-0ec2sifa5aaa",
    "named secret": "facts_token = " + '"q8Zt3LwX0vKj7RbN5yHs"',
}


@pytest.mark.parametrize("kind", PLANTED)
def test_a_planted_secret_is_found(tmp_path: Path, kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    (tmp_path / "settings.toml").write_text(f"# a file\n{PLANTED[kind]}\n")
    assert [] == scan(tmp_path)
    subprocess.run(["git", "add", "settings.toml"], cwd=tmp_path, check=True)
    assert [(2, kind)] == [(one.line, one.kind) for one in scan(tmp_path) if one.kind == kind]
    assert 1 == main(tmp_path)
    assert PLANTED[kind] not in capsys.readouterr().out


def test_words_of_a_program_are_no_secrets() -> None:
    for line in ("password = settings.password.get_secret_value()", "token: str | None = None", "password=PASSWORD"):
        assert [] == scan_text("a.py", line)


def test_nothing_here_looks_like_a_secret_and_every_exception_is_used_and_says_why(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert [] == scan(ROOT)
    assert all(EXCEPTIONS.values())
    monkeypatch.setattr("services.secret_scan.EXCEPTIONS", {})
    assert set(EXCEPTIONS) == {(one.path, one.mark) for one in scan(ROOT)}
