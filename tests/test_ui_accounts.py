from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from qa.errors import ServeError
from qa.ui.accounts import GUESS_SECONDS, GUESSES, Accounts, add_account, read_accounts


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "accounts"
    add_account(path, "ada", "the tide rose")
    return path


def test_an_account_signs_in_and_its_password_is_written_nowhere(file: Path) -> None:
    accounts = read_accounts(file)
    assert accounts.names == ("ada",)
    assert accounts("ada", "the tide rose")
    assert accounts(" ada ", "the tide rose")
    assert not accounts("ada", "the tide fell")
    assert not accounts("bob", "the tide rose")
    assert not accounts("ada", "\ud800")
    assert "tide" not in file.read_text()
    assert file.stat().st_mode & 0o077 == 0


def test_a_new_password_replaces_the_old_one_and_leaves_the_others(file: Path) -> None:
    add_account(file, "bob", "the moon: late")
    add_account(file, "ada", "the tide fell")
    accounts = read_accounts(file)
    assert accounts.names == ("ada", "bob")
    assert accounts("ada", "the tide fell")
    assert not accounts("ada", "the tide rose")
    assert accounts("bob", "the moon: late")
    assert [path.name for path in file.parent.iterdir() if path.is_file()] == ["accounts"]


def test_equal_passwords_have_different_hashes(file: Path) -> None:
    add_account(file, "bob", "the tide rose")
    one, two = file.read_text().splitlines()
    assert one.partition(":")[2] != two.partition(":")[2]


@pytest.mark.parametrize("name", ["ada", "nobody"])
def test_after_a_few_wrong_passwords_none_is_looked_at(file: Path, name: str) -> None:
    now = [0.0]
    written = dict([file.read_text().strip().split(":", 1)])
    accounts = Accounts(written, lambda: now[0])
    for _ in range(GUESSES):
        assert not accounts(name, "guess")
    assert accounts("ada", "the tide rose") == (name != "ada")
    now[0] = GUESS_SECONDS + 1
    assert accounts("ada", "the tide rose")


def test_no_guess_is_quicker_than_another(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    accounts = read_accounts(file)
    hashed: list[int] = []
    scrypt = hashlib.scrypt

    def counted(*values: Any, **options: Any) -> bytes:
        hashed.append(options["n"])
        return scrypt(*values, **options)

    monkeypatch.setattr(hashlib, "scrypt", counted)
    names = [*(f"nobody{number}" for number in range(GUESSES + 1)), *["ada"] * (GUESSES + 2)]
    for name in names:
        before = len(hashed)
        assert not accounts(name, "guess")
        assert hashed[before:] == hashed[:1]
    # Whoever isn't there has no password, whatever the hash is that takes the time.
    assert not read_accounts(file)("nobody", "the tide rose")


@pytest.mark.parametrize(
    "written",
    [
        "secret",
        "scrypt$15$8$3",
        "scrypt$15$8$3$$",
        "scrypt$60$8$3$c2FsdHNhbHQ=$aGFzaA==",
        "scrypt$15$8$x$c2FsdHNhbHQ=$aGFzaA==",
        "bcrypt$15$8$3$c2FsdHNhbHQ=$" + "a" * 43 + "=",
    ],
)
def test_what_is_no_hash_is_refused_with_the_next_step(tmp_path: Path, written: str) -> None:
    file = tmp_path / "accounts"
    file.write_text(f"ada:{written}\n")
    file.chmod(0o600)
    with pytest.raises(ServeError, match="isn't hashed.*qa account ada"):
        read_accounts(file)


def test_accounts_are_read_with_care(file: Path) -> None:
    with pytest.raises(ServeError, match="can't be read"):
        read_accounts(file.with_name("none"))
    line = file.read_text()
    file.write_text(f"# c\n\n{line}")
    assert read_accounts(file).names == ("ada",)
    file.chmod(0o644)
    with pytest.raises(ServeError, match="chmod 600"):
        read_accounts(file)
    file.chmod(0o600)
    for content, fault in (("ada\n", "Line 1"), (line + line, "Line 2"), ("# no", "no account")):
        file.write_text(content)
        with pytest.raises(ServeError, match=fault):
            read_accounts(file)


@pytest.mark.parametrize("name", ["", "a:b", "#ada", "a\nb"])
def test_a_name_that_will_not_do(tmp_path: Path, name: str) -> None:
    with pytest.raises(ServeError, match="can't be a name"):
        add_account(tmp_path / "accounts", name, "the tide rose")


def test_a_short_password_and_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ServeError, match="at least 8"):
        add_account(tmp_path / "accounts", "ada", "secret")
    with pytest.raises(ServeError, match="can't be written"):
        add_account(tmp_path / "none" / "accounts", "ada", "the tide rose")


def test_the_home_of_a_person_that_is_not_there() -> None:
    file = Path("~nobody-here/accounts")
    with pytest.raises(ServeError, match="~nobody-here"):
        read_accounts(file)
    with pytest.raises(ServeError, match="~nobody-here"):
        add_account(file, "ada", "the tide rose")


def test_names_are_written_as_they_are_read_whatever_the_locale(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from qa.ui.accounts import add_account\n"
        "add_account(Path(sys.argv[1]), 'J\\u00f6rg \\u4f1a', 'password1')"
    )
    path = tmp_path / "accounts"
    environment = {
        **os.environ,
        "LC_ALL": "C",
        "PYTHONUTF8": "0",
        "PYTHONCOERCECLOCALE": "0",
        "PYTHONPATH": str(Path(__file__).parents[1]),
    }
    subprocess.run([sys.executable, "-c", code, str(path)], env=environment, check=True)
    assert read_accounts(path).names == ("Jörg 会",)


def test_accounts_that_cannot_be_written_leave_nothing(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = file.read_text("utf-8")

    def full(self: Path, target: Path) -> Path:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(ServeError, match="No space left"):
        add_account(file, "bob", "the moon: late")
    assert file.read_text("utf-8") == before
    assert [path.name for path in file.parent.iterdir() if path.is_file()] == ["accounts"]
