"""The key by which people in a report are pseudonyms, for analyses from the command line.

One key per user of the machine, so that the same person has the same pseudonym in all of that user's reports, and the
same books give the same bytes. Whoever has the file can tell who people are; a report without it names nobody.
"""

import os
import re
import secrets
from pathlib import Path

from perito_kernel.errors import Invalid, Precondition

from perito_standalone.data_directory import make_folders, write_private

_KEY = re.compile(r"[0-9a-f]{64}")


def default_key_file() -> Path:
    """`perito/pseudonym.key` in XDG_CONFIG_HOME, else in ~/.config."""
    home = os.environ.get("XDG_CONFIG_HOME", "")
    return (Path(home) if home else Path.home() / ".config") / "perito" / "pseudonym.key"


def own_key(path: Path | None) -> str:
    """The key in `path`, or the user's own, made when first needed. Raises as `read_key` does."""
    if path is not None:
        return read_key(path)
    path = default_key_file()
    if not path.exists():
        try:
            make_folders(path.parent, 0o700)
            write_private(path, secrets.token_hex(32) + "\n")
        except OSError as error:
            raise Precondition(
                "KEY_FILE_UNUSABLE",
                f"The key of pseudonyms cannot be kept in {path} ({error.strerror}). Name one with --pseudonym-key.",
                {"file": str(path)},
            ) from error
    return read_key(path)


def read_key(path: Path) -> str:
    """The key in a file. Raises Invalid KEY_FILE_INVALID, Precondition KEY_FILE_OPEN where others may read it."""
    try:
        text = path.read_text("utf-8").strip().lower()
        mode = path.stat().st_mode
    except (OSError, UnicodeDecodeError) as error:
        message = f"{path} cannot be read. Make a key with: (umask 077; openssl rand -hex 32 > {path})"
        raise Invalid("KEY_FILE_INVALID", message, {"file": str(path)}) from error
    if not _KEY.fullmatch(text):
        message = f"{path} holds no key: 64 hexadecimal digits must stand in it, as `openssl rand -hex 32` prints them."
        raise Invalid("KEY_FILE_INVALID", message, {"file": str(path)})
    if mode & 0o077:
        message = f"Other users may read {path}, and with it who people are. Close it: chmod 600 {path}"
        raise Precondition("KEY_FILE_OPEN", message, {"file": str(path)})
    return text
