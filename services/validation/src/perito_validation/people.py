"""People's keys: told apart by pseudonyms from intake on, and sealed for whoever holds the tenant's key.

Everything after intake sees pseudonyms only, so no finding, evidence or report can name anybody. `identities.parquet`
says who is who, each entry sealed (AES-SIV, which gives the same bytes for the same person and key).
"""

from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from duckdb.func import FunctionNullHandling, PythonUDFType
from duckdb.sqltypes import VARCHAR
from perito_kernel.errors import Internal, Precondition
from perito_kernel.pseudonyms import pseudonym, sealing_key
from perito_rules.sqltext import literal

_REMEMBERED = 200_000
"""People whose pseudonym is kept at hand while books are read: some 40 MiB."""

_BETWEEN = "\x1f"
"""Parts domain and text where one batch of rows is looked at; no domain holds it."""

IDENTITIES = "identities"
"""Name of the artefact: domain, pseudonym and the sealed text, one row per person and domain."""


def add_person_functions(con: duckdb.DuckDBPyConnection, key: str) -> None:
    """Adds `pseudonym(domain, text)` and `sealed(domain, text)`; both raise where the job was given no key."""
    _add(con, "pseudonym", key, lambda domain, text: pseudonym(key, domain, text))
    _add(con, "sealed", key, lambda domain, text: seal(key, domain, text))


def seal(key: str, domain: str, text: str) -> str:
    """The text, encrypted and bound to its domain, in hexadecimal."""
    return AESSIV(sealing_key(key)).encrypt(text.encode(), [domain.encode()]).hex()


def unseal(key: str, domain: str, sealed: str) -> str:
    """Inverse of `seal`. Raises Precondition PSEUDONYM_KEY_WRONG where it was sealed with another key."""
    try:
        return AESSIV(sealing_key(key)).decrypt(bytes.fromhex(sealed), [domain.encode()]).decode()
    except (InvalidTag, ValueError) as error:
        message = "These pseudonyms were made with another key. Name the key of the analysis with --pseudonym-key."
        raise Precondition("PSEUDONYM_KEY_WRONG", message) from error


def write_identities(con: duckdb.DuckDBPyConnection, parts: Sequence[str], out: Path) -> Path:
    """Writes `identities.parquet` from SELECTs of domain and text in clear."""
    path = out / f"{IDENTITIES}.parquet"
    people = f"SELECT DISTINCT domain, text FROM ({' UNION ALL '.join(parts)}) WHERE text IS NOT NULL"
    con.execute(
        "COPY (SELECT domain, pseudonym(domain, text) AS pseudonym, sealed(domain, text) AS sealed "
        f"FROM ({people}) ORDER BY 1, 2) TO {literal(str(path))} (FORMAT parquet)"
    )
    return path


def _add(con: duckdb.DuckDBPyConnection, name: str, key: str, of: Callable[[str, str], str]) -> None:
    remembered = lru_cache(_REMEMBERED)(of)

    def answer(domains: Any, texts: Any) -> Any:  # the engine evaluates what stands here
        if not key:
            message = "The books name people, and the job was given no key of pseudonyms."
            raise Internal("PSEUDONYM_KEY_MISSING", message)
        pairs = pc.binary_join_element_wise(domains, texts, _BETWEEN).combine_chunks().dictionary_encode()
        answers = [remembered(*pair.split(_BETWEEN, 1)) for pair in pairs.dictionary.to_pylist()]
        return pa.array(answers, pa.string()).take(pairs.indices)

    con.create_function(  # pyright: ignore[reportUnknownMemberType]  # its stub leaves the function type open
        name, answer, [VARCHAR, VARCHAR], VARCHAR, type=PythonUDFType.ARROW, null_handling=FunctionNullHandling.SPECIAL
    )
