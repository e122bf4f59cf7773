"""`perito reidentify`: who the people of a report are, for whoever holds the key.

A report's folder keeps who is who, each person sealed; a data directory keeps the same for every analysis, and the
secret of which its tenants' keys are made. Nothing is written.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
from perito_kernel.errors import Invalid, NotFound, Precondition
from perito_kernel.pseudonyms import pseudonym, tenant_key
from perito_validation.people import IDENTITIES, unseal

from perito_standalone.data_directory import PSEUDONYM_SECRET, read_secrets
from perito_standalone.pseudonym_key import own_key
from perito_standalone.run_files import TABLES

_FILE = f"{IDENTITIES}.parquet"
_TENANT = re.compile(r"/tenants/([0-9a-f-]{36})/")


@dataclass(frozen=True)
class Person:
    """A pseudonym and the code that stands for it in the books. `domain` says whose code: user, customer, phone, ..."""

    pseudonym: str
    domain: str
    code: str


@dataclass(frozen=True)
class _Sealed:
    path: Path
    key: str


def reidentify(where: Path, wanted: Sequence[str], key_file: Path | None) -> list[Person]:
    """People behind the pseudonyms `wanted` (all of them where it is empty), sorted, from a report's folder or a data
    directory.

    Raises Precondition IDENTITIES_MISSING, PSEUDONYM_KEY_WRONG; NotFound PSEUDONYM_UNKNOWN; Invalid TABLES_UNREADABLE.
    """
    sources = _report_folder(where, key_file) or _data_directory(where, key_file)
    if not sources:
        message = (
            f"{where} keeps no people. Name the folder that `perito analyze` wrote, or a data directory; books"
            " without codes of people have none to tell."
        )
        raise Precondition("IDENTITIES_MISSING", message, {"path": str(where)})
    found, wrong = _opened(sources, wanted)
    if wrong is not None and not found:
        raise wrong
    missing = sorted(set(wanted) - {person.pseudonym for person in found})
    if missing:
        message = f"There is no {missing[0]} in {where}. Take it from the report, whole, as in customer-k3v9q0m2x7ab."
        raise NotFound("PSEUDONYM_UNKNOWN", message, {"pseudonym": missing[0]})
    return sorted(found, key=lambda person: (person.domain, person.code))


def _opened(sources: Sequence[_Sealed], wanted: Sequence[str]) -> tuple[set[Person], Precondition | None]:
    """Everybody whom the keys open, and why not more: one tenant's key leaves the others' people closed."""
    found: set[Person] = set()
    wrong: Precondition | None = None
    for source in sources:
        try:
            found |= set(_people(source, wanted))
        except Precondition as error:
            wrong = error
    return found, wrong


def _report_folder(where: Path, key_file: Path | None) -> list[_Sealed]:
    path = where / TABLES / "validation" / _FILE
    return [_Sealed(path, own_key(key_file))] if path.is_file() else []


def _data_directory(where: Path, key_file: Path | None) -> list[_Sealed]:
    """Every analysis of every tenant; `key_file` then holds one tenant's key and opens that tenant's alone."""
    paths = sorted((where / "objects").glob(f"tenants/*/analyses/*/validation/*/{_FILE}"))
    if not paths:
        return []
    try:
        secret = read_secrets(where).get(PSEUDONYM_SECRET, "")
    except OSError as error:
        message = f"The secrets of {where} cannot be read ({error.strerror}). Run as the user who owns it."
        raise Precondition("DATA_DIRECTORY_FOREIGN", message, {"path": str(where)}) from error
    if key_file is None and not secret:
        message = f"{where} has no secret of which keys of pseudonyms are made. Name the key with --pseudonym-key."
        raise Precondition("PSEUDONYM_KEY_MISSING", message, {"path": str(where)})
    tenants = {path: match[1] for path in paths if (match := _TENANT.search(str(path)))}
    if key_file is not None:
        return [_Sealed(path, own_key(key_file)) for path in tenants]
    return [_Sealed(path, tenant_key(secret, tenant)) for path, tenant in tenants.items()]


def _people(source: _Sealed, wanted: Sequence[str]) -> Iterator[Person]:
    sql = "SELECT domain, pseudonym, sealed FROM read_parquet($path)"
    parameters: dict[str, object] = {"path": str(source.path)}
    if wanted:
        sql += " WHERE list_contains($wanted, pseudonym)"
        parameters["wanted"] = list(wanted)
    try:
        with duckdb.connect() as con:
            rows = con.execute(sql, parameters).fetchall()
    except duckdb.Error as error:
        message = f"{source.path} is not the table that the analysis wrote. Take the folder as the analysis left it."
        raise Invalid("TABLES_UNREADABLE", message, {"file": str(source.path)}) from error
    for domain, name, sealed in rows:
        code = unseal(source.key, domain, sealed)
        if pseudonym(source.key, domain, code) == name:  # else somebody has exchanged the rows
            yield Person(name, domain, code)
