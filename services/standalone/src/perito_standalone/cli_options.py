"""Options that several commands have, and what their reading has in common."""

import gc
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Literal

import typer

DataDir = Annotated[
    Path | None, typer.Option(help="Where everything is kept. Default: /var/lib/perito/data for root, else ~/.local.")
]
KeyFile = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Key of pseudonyms (64 hex digits). Default: your own, made when first needed."),
]
Memory = Annotated[
    str, typer.Option(help="Memory for all of it, such as 3GiB. Default: half of what there is, at most 4GiB.")
]
Currency = Annotated[str, typer.Option(help="Currency of the books (ISO 4217), where they do not say it.")]
Timezone = Annotated[str, typer.Option(help="Time zone of the books (IANA), such as Africa/Lagos.")]
Language = Annotated[Literal["en", "es"], typer.Option(help="Language of what is printed, and of the page.")]


@contextmanager
def importing() -> Generator[None, None, None]:
    """What is imported stays: to look through it for garbage is an eighth of the time that it takes."""
    gc.disable()
    try:
        yield
        gc.freeze()  # or the first collection after this would look through all of it
    finally:
        gc.enable()


def hints_of(currency: str, timezone: str) -> dict[str, str]:
    """What is known of books without a mapping."""
    return {name: hint for name, hint in (("currency", currency.upper()), ("timezone", timezone)) if hint}
