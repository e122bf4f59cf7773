"""What came in and what went out in two columns: as stock cards (`Entradas`, `Salidas`) and reports of ledgers
(`In Qty`, `Out Qty`) write a movement. Together they are its signed quantity."""

from collections.abc import Mapping, Sequence

from perito_rules.canonical import Table

from perito_validation.proposal.content import Facts
from perito_validation.proposal.headers import NameMatch
from perito_validation.proposal.pairs import Pair
from perito_validation.proposal.words import vocabulary

_IN = frozenset("in inbound entrada entradas ingreso ingresos received receipts recibido recibidas incoming".split())  # noqa: SIM905
_OUT = frozenset("out outbound salida salidas egreso egresos issued issues despachado outgoing".split())  # noqa: SIM905
_PLAIN = frozenset("qty quantity cant cantidad cantidades units unidades uds stock the of de".split())  # noqa: SIM905
_NUMBERS, _SCORE = 0.9, 0.9


def ways_of(columns: Sequence[Facts]) -> tuple[Facts, Facts] | None:
    """The columns of what came in and of what went out; None where not exactly one of each stands there."""
    found = [[facts for facts in columns if _is_way(facts, words)] for words in (_IN, _OUT)]
    return (found[0][0], found[1][0]) if len(found[0]) == len(found[1]) == 1 else None


def _is_way(facts: Facts, words: frozenset[str]) -> bool:
    said = [part for part in vocabulary().parts(facts.header) if part not in _PLAIN]
    return len(said) == 1 and said[0] in words and facts.numbers >= _NUMBERS and facts.written_dates == 0


def with_ways(columns: Sequence[Facts], table: Table, pairs: Mapping[str, Pair]) -> tuple[dict[str, Pair], set[int]]:
    """The pairs of a ledger whose quantity stands in two columns, and the place of the second; all others unchanged."""
    ways, found = ways_of(columns), dict(pairs)
    qty = found.get("qty")
    if table.name != "movements" or ways is None or (qty and qty.facts not in ways and qty.score >= _SCORE):
        return found, set()
    taken = {facts.index for facts in ways}
    found = {name: pair for name, pair in found.items() if pair.facts.index not in taken and name != "qty"}
    found["qty"] = Pair(ways[0], table.columns["qty"], NameMatch(_SCORE, "words", "qty"), 1.0, None, _SCORE)
    return {name: found[name] for name in table.columns if name in found}, {ways[1].index}
