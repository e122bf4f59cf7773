"""The lists of a report: findings, cases and stories, each cut at a stated number with its true total beside it."""

from collections import defaultdict
from datetime import date
from typing import Any

from perito_kernel.findings import Severity

from perito_reporting.books import loads
from perito_reporting.figures import plain
from perito_reporting.people import without_people
from perito_reporting.sources import Sources, text

FINDINGS_PER_RULE = 1_000
EVIDENCED_PER_RULE = 100
"""Findings per rule that carry sample rows; the others are in the phase's `evidence.parquet` like all of them."""
EVIDENCE_ROWS = 25
"""Sample rows of a finding that the page shows; others carry `EVIDENCE_ROWS_OTHERS`."""
EVIDENCE_ROWS_OTHERS = 10
CASES_PER_STORY = 3
STORIES_ON_PAGE = 10
"""Stories of each group that are told in full, with their leading cases and evidence."""
STORIES_LISTED = 100
"""Stories of each group in the report."""
MEMBERS_PER_CASE = 20


def list_tables(sources: Sources) -> None:
    """Adds `shown` (n: causes on the page) and `listed` (n, place: findings in the report, 1 = first of its rule)."""
    sources.con.execute(f"""
        create temp table story_cases as
        select s.root, s.story, row_number() over (partition by s.story order by f.priority desc nulls last,
                   f.severity_rank desc, f.row_count desc, f.fingerprint) as nth
        from case_story s join findings f on f.n = s.root
        qualify nth <= {CASES_PER_STORY}""")  # noqa: S608 - constants
    sources.con.execute(f"""
        create temp table shown as
        select c.root as n from story_cases c join stories s using (story)
        where s.position <= {STORIES_ON_PAGE}""")  # noqa: S608 - constants
    sources.con.execute(f"""
        create temp table listed as
        select n, row_number() over (partition by rule_id order by n in (select n from shown) desc,
                   priority desc nulls last, severity_rank desc, fingerprint) as place
        from findings
        qualify place <= {FINDINGS_PER_RULE}""")  # noqa: S608 - constants


def findings(sources: Sources) -> list[dict[str, Any]]:
    """At most `FINDINGS_PER_RULE` findings per rule, by rule and then priority."""
    evidence = _evidence(sources)
    return [
        _finding(row) | {"evidence": evidence.get(row["n"], []), "evidence_total": row["evidence_total"] or 0}
        for row in sources.rows("""
            select f.*, t.rule_version, t.title_en, t.title_es, t.observed, t.expected, t.delta_qty, t.delta_value,
                   t.measures_json, root.fingerprint as case_id, cause.fingerprint as cause, e.total as evidence_total
            from listed l join findings f using (n)
            join finding_texts t on t.fingerprint = f.fingerprint and t.rule_id = f.rule_id
            join members m using (n) join findings root on root.n = m.root
            left join findings cause on cause.n = m.cause
            left join (select fingerprint, count(*) as total from evidence group by fingerprint) e
                on e.fingerprint = f.fingerprint
            order by f.rule_id, f.priority desc nulls last, f.severity_rank desc, f.fingerprint""")
    ]


def _finding(row: dict[str, Any]) -> dict[str, Any]:
    return _priced(row) | {
        "rule_version": row["rule_version"],
        "title": text(row["title_en"], row["title_es"]),
        "observed": plain(row["observed"]),
        "expected": plain(row["expected"]),
        "delta_qty": plain(row["delta_qty"]),
        "delta_value": plain(row["delta_value"]),
        "measures": loads(row["measures_json"]) or {},
        "case": row["case_id"],
        "cause": row["cause"],
    }


def _priced(row: dict[str, Any]) -> dict[str, Any]:
    """What findings and cases have in common: the three numbers, what they make, and what it is about."""
    return {
        "fingerprint": row["fingerprint"],
        "rule_id": row["rule_id"],
        "phase": row["phase"],
        "severity": row["severity"],
        "weight": plain(row["weight"]),
        "confidence": plain(row["confidence"]),
        "impact": plain(row["impact"]),
        "currency": row["currency"],
        "priority": plain(row["priority"]),
        "identity": loads(row["identity_json"]) or {},
        "period_start": _iso(row["period_start"]),
        "period_end": _iso(row["period_end"]),
        "row_count": row["row_count"],
        "systemic": row["systemic"],
        "recoverable": row["recoverable"],
    }


def _evidence(sources: Sources) -> dict[int, list[dict[str, Any]]]:
    """Sample rows by finding, in the order in which the rule gave them."""
    found: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for row in sources.rows(f"""
            with wanted as (
                select l.n, f.fingerprint,
                       if(l.n in (select n from shown), {EVIDENCE_ROWS}, {EVIDENCE_ROWS_OTHERS}) as most
                from listed l join findings f using (n)
                where l.place <= {EVIDENCED_PER_RULE})
            select w.n, e.*, files.name as file, files.sha256
            from (select e.*, row_number() over (partition by fingerprint order by ordinal, file_id, record, table_name)
                              as place
                  from evidence e where fingerprint in (select fingerprint from wanted)) e
            join wanted w using (fingerprint) left join files using (file_id)
            where e.place <= w.most
            order by w.n, e.place"""):  # noqa: S608 - constants
        found[row["n"]].append(
            {
                "role": row["role"],
                "table": row["table_name"],
                "file": row["file"],
                "sha256": row["sha256"],
                "record": row["record"],
                "line": row["line"],
                "key": without_people(row["table_name"], loads(row["key_json"]) or {}),
                "values": without_people(row["table_name"], loads(row["values_json"]) or {}),
            }
        )
    return found


def cases(sources: Sources) -> list[dict[str, Any]]:
    """At most `FINDINGS_PER_RULE` cases per rule of their cause, in the order of their stories and priority."""
    explained = _explained(sources)
    members = _members(sources)
    return [
        _priced(row)
        | {
            "case": row["fingerprint"],
            "story": row["story"],
            "title": text(row["title_en"], row["title_es"]),
            "explained": row["explained"],
            "explains": explained.get(row["n"], []),
            "members": members.get(row["n"], [row["fingerprint"]]),
        }
        for row in sources.rows("""
            select f.*, c.explained, s.story, t.title_en, t.title_es
            from listed l join findings f using (n) join cases c on c.root = f.n
            join case_story s on s.root = f.n join stories on stories.story = s.story
            join finding_texts t on t.fingerprint = f.fingerprint and t.rule_id = f.rule_id
            order by stories.gross is null, stories.position, f.priority desc nulls last, f.severity_rank desc,
                     f.row_count desc, f.fingerprint""")
    ]


def _explained(sources: Sources) -> dict[int, list[dict[str, Any]]]:
    """Symptoms per listed case and rule: their number and gross amount, which is not added to the case."""
    found: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for row in sources.rows("""
            select m.root, f.rule_id, count(*) as findings, sum(abs(f.impact))::DECIMAL(38,4) as gross, f.currency
            from members m join listed l on l.n = m.root join findings f on f.n = m.n
            where m.n <> m.root group by m.root, f.rule_id, f.currency order by m.root, f.rule_id, f.currency"""):
        entry = {"rule_id": row["rule_id"], "findings": row["findings"], "gross": plain(row["gross"])}
        found[row["root"]].append(entry | {"currency": row["currency"]})
    return found


def _members(sources: Sources) -> dict[int, list[str]]:
    """The first fingerprints of each listed case with symptoms: its cause, then the costliest."""
    found: dict[int, list[str]] = defaultdict(list)
    for row in sources.rows(f"""
            select m.root, f.fingerprint
            from members m join listed l on l.n = m.root join cases c on c.root = m.root and c.explained > 0
            join findings f on f.n = m.n
            qualify row_number() over (partition by m.root order by m.n <> m.root, f.priority desc nulls last,
                                       f.rule_id, f.fingerprint) <= {MEMBERS_PER_CASE}
            order by m.root, m.n <> m.root, f.priority desc nulls last, f.rule_id, f.fingerprint"""):  # noqa: S608
        found[row["root"]].append(row["fingerprint"])
    return found


def stories(sources: Sources) -> list[dict[str, Any]]:
    """The stories that lead: the first `STORIES_LISTED` with an amount, then as many without, ranked in each group."""
    severities = [severity.value for severity in Severity]
    examples: dict[str, list[str]] = defaultdict(list)
    for row in sources.rows("""
            select c.story, f.fingerprint from story_cases c join findings f on f.n = c.root
            order by c.story, c.nth"""):
        examples[row["story"]].append(row["fingerprint"])
    return [
        {
            "story": row["story"],
            "position": row["position"],
            "rule_id": row["rule_id"],
            "place": row["place"],
            "folded": row["folded"],
            "severity": severities[row["severity_rank"]],
            "currency": row["currency"],
            "gross": plain(row["gross"]),
            "net": plain(row["net"]),
            "recoverable": plain(row["recoverable"]) if row["gross"] is not None else None,
            "priority": plain(row["priority"]),
            "cases": row["cases"],
            "findings": row["findings"],
            "row_count": row["row_count"],
            "leading_cases": examples[row["story"]],
        }
        for row in sources.rows(f"""
            select * from stories where position <= {STORIES_LISTED}
            order by gross is null, position""")  # noqa: S608 - constants
    ]


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None
