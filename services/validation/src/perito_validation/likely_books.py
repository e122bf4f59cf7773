"""Which files could be books, by their names and, where those do not tell, by their first lines: exports come with
notes, pictures and files of the system beside them."""

from collections.abc import Callable, Mapping
from pathlib import PurePosixPath

LOOK_BYTES = 16 * 2**10
"""What is looked at of a file whose name does not tell."""

_BOOKS = frozenset(
    ".csv .tsv .tab .psv .json .ndjson .jsonl .parquet .xlsx .xlsm .xlsb .xls .ods .zip .gz".split()  # noqa: SIM905
)
_OTHER = frozenset(
    ".md .rst .html .htm .xml .pdf .doc .docx .odt .rtf .ppt .pptx .png .jpg .jpeg .gif .bmp .svg .webp .tif .tiff"  # noqa: SIM905
    " .heic .ico .yaml .yml .toml .ini .cfg .log .eml .msg .py .r .sh .bat .sql .js .css .exe .dll".split()
)
_DELIMITERS = ",;\t|"
_SAID_OF_BOOKS = b'{\n "made_by": "perito '


def may_be_books(name: str, start: Callable[[], bytes]) -> bool:
    """Whether a file could be books. `start` gives its first `LOOK_BYTES`, and is asked only where the name leaves it
    open; of JSON always, for `perito generate` writes some about the books that it makes."""
    path = PurePosixPath(name)
    if path.name.startswith((".", "~$")):  # the system's own, and the locks of open workbooks
        return False
    suffix = path.suffix.lower()
    if suffix == ".json" and start().startswith(_SAID_OF_BOOKS):  # what Perito itself says of books that it made
        return False
    return suffix in _BOOKS or (suffix not in _OTHER and _is_divided(start()))


def no_books(starts: Mapping[str, Callable[[], bytes]]) -> frozenset[str]:
    """The names of those that are no books beside others that could be; none where no file could be."""
    found = frozenset(name for name, start in starts.items() if not may_be_books(name, start))
    return found if len(found) < len(starts) else frozenset()


def _is_divided(start: bytes) -> bool:
    """Whether the first two lines are cells of the same number: how exports look, and texts do not."""
    lines = [line for line in start.decode("latin-1").splitlines() if line.strip("\0 \t")][:2]
    counts = [[line.count(mark) for mark in _DELIMITERS] for line in lines]
    return len(lines) > 1 and any(first and first == second for first, second in zip(*counts, strict=True))
