"""Folds cases into stories for the reader: many cases of one rule at one place become one line.

A story only arranges; it changes no case. Its gross is the sum of its cases' |impact|, so stories add up to the same
exposure as cases do. Up to `FOLDS_ABOVE` cases of a rule at a place stay lines of their own.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from perito_reporting.headers import RuleHeader

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

FOLDS_ABOVE = 3
"""A rule's cases at one place become one story when there are more than this many."""

PLACE = "location"
"""The entity by which people divide the work."""


def tell(con: "DuckDBPyConnection", headers: Mapping[str, RuleHeader], currency: str) -> None:
    """Adds to the tables of `cases.fold`:

    - `case_story` (root, story, place, folded): the story of each case,
    - `stories` (story, rule_id, place, folded, currency, cases, findings, row_count, gross, net, recoverable, priority,
      severity_rank, top, position): ranked; `top` is the case that weighs most, `position` counts from 1 among the
      priced stories and again among those without an amount.

    `currency` is the currency of the analysis: its stories come first, others follow by code, never added to it.
    """
    placed = [rule_id for rule_id, header in sorted(headers.items()) if PLACE in header.entities]
    _group(con, placed)
    _sum(con, currency)


def _group(con: "DuckDBPyConnection", placed: list[str]) -> None:
    """`case_story`; `placed` are the rules whose cases are about a place."""
    con.execute(
        f"""
        create temp table case_story as
        select root, folded, place, case when folded then grouping_key else fingerprint end as story
        from (select *, count(*) over (partition by grouping_key) > {FOLDS_ABOVE} as folded
              from (select c.root, f.fingerprint, p.place,
                           concat_ws('|', f.rule_id, coalesce(p.place, ''), coalesce(f.currency, '-')) as grouping_key
                    from cases c join findings f on f.n = c.root
                    left join (select n, json_extract_string(identity_json, '$.{PLACE}') as place from findings
                               where list_contains($placed, rule_id)) p on p.n = c.root))""",  # noqa: S608 - constants
        {"placed": placed},
    )


def _sum(con: "DuckDBPyConnection", currency: str) -> None:
    """`stories`, from `case_story`."""
    con.execute(
        """
        create temp table stories as
        with ranked as (
            select s.story, s.place, s.folded, f.*, c.explained,
                   row_number() over (partition by s.story order by f.priority desc nulls last, f.severity_rank desc,
                                      f.row_count desc, f.fingerprint) as place_in_story
            from case_story s join cases c on c.root = s.root join findings f on f.n = s.root),
        summed as (
            select story, min(rule_id) as rule_id, min(place) as place, bool_and(folded) as folded,
                   min(currency) as currency, count(*) as cases, sum(explained + 1)::BIGINT as findings,
                   sum(row_count)::BIGINT as row_count, sum(abs(impact))::DECIMAL(38,4) as gross,
                   sum(signed_impact)::DECIMAL(38,4) as net,
                   coalesce(sum(abs(impact)) filter (recoverable), 0)::DECIMAL(38,4) as recoverable,
                   sum(priority)::DECIMAL(38,9) as priority, max(severity_rank) as severity_rank,
                   min(n) filter (place_in_story = 1) as top
            from ranked group by story)
        select *, row_number() over (
            partition by gross is null
            order by coalesce(currency, '') <> $currency, currency, priority desc nulls last, severity_rank desc,
                     row_count desc, story) as position
        from summed""",
        {"currency": currency},
    )
