"""The flood guard (V-034): a rule that fails on a large share of what it looks at says so once.

A list of two million findings helps nobody. The one finding that stands for them has the true totals, the pattern and
three samples, and the evidence of those.
"""

from collections.abc import Mapping
from decimal import Decimal

from perito_kernel.findings import Severity

from perito_rules.book import Book, Tally, currency_cell, decimal_cell, period_bounds
from perito_rules.model import Rule, Value
from perito_rules.planner import Instance
from perito_rules.priority import rank_sql
from perito_rules.sqltext import json_object, literal, plain_text, quote
from perito_rules.statements import execute
from perito_rules.terms import label, spanish_number

_SAMPLES = 3


def is_flood(findings: int, tally: Tally, values: Mapping[str, Value]) -> bool:
    """True where the findings are to be told as one."""
    share, minimum = values["flood_share"], values["flood_minimum"]
    assert isinstance(share, Decimal | int)  # noqa: S101  # Rule.bind has read it
    assert isinstance(minimum, int)  # noqa: S101
    return findings >= minimum and tally.failed > tally.evaluated * share


def systemic_cells(book: Book, instance: Instance, columns: Mapping[str, str], tally: Tally) -> dict[str, str]:
    """The cells of the one finding, aggregates over `_found`; leaves the samples in the temp view `_targets`."""
    rule = instance.rule
    scope = json_object([(k, literal(v), "VARCHAR") for k, v in instance.scope.items()], numbers_as_text=False)
    start, end = period_bounds(columns)
    several = f"count(DISTINCT {currency_cell(book, columns)}) > 1"  # amounts of two currencies are never added
    share = f"{100 * tally.failed / tally.evaluated:.1f}"
    where_en, where_es = (_where(instance, language) for language in ("en", "es"))
    title_en = f"{rule.title.en}{where_en}: {tally.failed:,} of {tally.evaluated:,} {rule.unit} ({share} %)"
    shares_es = spanish_number(f"{tally.failed:,} de {tally.evaluated:,} ({share} %)")
    title_es = f"{rule.title.es}{where_es}: {shares_es}"
    fingerprint = f"sha256({literal(rule.id + chr(10))} || {scope} || chr(10))"
    _sample(book, columns, fingerprint)
    return {
        "fingerprint": fingerprint,
        "severity": _worst(rule, columns),
        "impact": f"CASE WHEN {several} THEN NULL ELSE sum({decimal_cell('impact', columns)}) END",
        "currency": f"CASE WHEN {several} THEN NULL ELSE min({currency_cell(book, columns)}) END",
        "identity_json": scope,
        "period_start": f"min({start})",
        "period_end": f"max({end})",
        "title_en": literal(title_en),
        "title_es": literal(title_es),
        "observed": literal(str(tally.failed)),
        "expected": "'0'",
        "delta_qty": "sum(delta_qty)" if "delta_qty" in columns else "NULL",
        "delta_value": "sum(delta_value)" if "delta_value" in columns else "NULL",
        "measures_json": _systemic_measures(rule, columns, tally, share),
        "row_count": "sum(row_count)" if "row_count" in columns else "count(*)",
        "systemic": "true",
        # One amount for all: it can be claimed back only where each of them can.
        "recoverable": "bool_and(coalesce(recoverable, false))"
        if "recoverable" in columns
        else str(rule.recoverable).lower(),
    }


def _where(instance: Instance, language: str) -> str:
    """The table or column that a rule of many was run for, in brackets."""
    names = ", ".join(label(name, language, {}) for name in instance.scope.values())
    return f" ({names})" if names else ""


def _sample(book: Book, columns: Mapping[str, str], fingerprint: str) -> None:
    weight = "abs(impact) DESC NULLS LAST, " if "impact" in columns else ""
    execute(
        book.connection,
        "CREATE OR REPLACE TEMP TABLE _samples AS SELECT _identity, _period,"
        f" row_number() OVER (ORDER BY {weight}_fingerprint) AS _place FROM _found"
        f" QUALIFY _place <= {_SAMPLES}",
    )
    execute(
        book.connection,
        "CREATE OR REPLACE TEMP VIEW _targets AS"
        f" SELECT _identity, _period, {fingerprint} AS _fingerprint FROM _samples",
    )


def _systemic_measures(rule: Rule, columns: Mapping[str, str], tally: Tally, share: str) -> str:
    """Counts, the guard that cut the list, the pattern (per identity column its one value or how many), the samples.

    `same_<column>` is the one value that all have, `different_<column>` the number of values; the other one is null.
    """
    counts = [
        ("failed", literal(str(tally.failed)), "VARCHAR"),
        ("evaluated", literal(str(tally.evaluated)), "VARCHAR"),
        ("share_percent", literal(share), "VARCHAR"),
        ("told_by", literal("V-034"), "VARCHAR"),
        ("list_cut", "true", "BOOLEAN"),
        ("findings", "count(*)", "BIGINT"),
        ("samples", "'[' || (SELECT string_agg(_identity, ',' ORDER BY _place) FROM _samples) || ']'", "JSON"),
    ]
    for column in rule.identity:
        text = plain_text(quote(column), columns[column])
        values = f"count(DISTINCT {quote(column)})"
        counts.append((f"same_{column}", f"CASE WHEN {values} = 1 THEN min({text}) END", "VARCHAR"))
        counts.append((f"different_{column}", f"CASE WHEN {values} > 1 THEN {values} END", "BIGINT"))
    return json_object(counts, numbers_as_text=True)


def _worst(rule: Rule, columns: Mapping[str, str]) -> str:
    if "severity" not in columns:
        return literal(rule.severity.value)
    words = " ".join(f"WHEN {s.rank} THEN {literal(s.value)}" for s in Severity)
    return f"CASE max({rank_sql()}) {words} END"
