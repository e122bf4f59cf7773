"""Secrets that nobody drew are refused, whoever reads them; those that were are taken."""

import secrets
from collections.abc import Callable
from pathlib import Path

import pytest
from perito_kernel.errors import Invalid
from perito_runtime.secret_texts import weakness
from perito_runtime.settings import read_secret


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "is empty"),
        ("changeme", "is a placeholder"),
        ("CHANGE-ME-change-me-CHANGE-ME-change-me", "is a placeholder"),
        ("replace-this-with-your-secret-123456789", "is a placeholder"),
        ("perito-postgres-password-0123456789", "is a placeholder"),
        ("f3a9c1", "must hold 32 characters or more, not 6"),
        ("abababababababababababababababababab", "repeats 2 characters"),
        ("0" * 64, "repeats 1 characters"),
    ],
)
def test_what_nobody_drew_is_refused(text: str, fault: str) -> None:
    assert fault in (weakness(text) or "taken")


@pytest.mark.parametrize("draw", [secrets.token_hex, secrets.token_urlsafe])
def test_what_was_drawn_is_taken(draw: Callable[[int], str]) -> None:
    assert [weakness(draw(32)) for _ in range(500)] == [""] * 500


def test_a_process_says_which_file_and_what_helps(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text("changeme-changeme-changeme-changeme\n", "utf-8")
    with pytest.raises(Invalid, match=r"PERITO_X: the secret in \S+/secret is a placeholder: draw one") as refused:
        read_secret(file, "PERITO_X")
    assert "changeme" not in str(refused.value)
    file.write_text(f"{secrets.token_urlsafe(32)}\n", "utf-8")
    assert len(read_secret(file, "PERITO_X")) == 43
