"""What the rules and the money come to: one account per rule, exposure, recommendations, coverage and the verdict."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from perito_kernel.findings import Severity
from perito_kernel.phases import RuleStatus

from perito_reporting import books
from perito_reporting.figures import plain
from perito_reporting.sources import RuleAccount, Sources, text
from perito_reporting.voice import LANGUAGES, Voice, both


@dataclass(frozen=True)
class Totals:
    """What the findings of each rule come to, by id of the rule: counts of all, amounts of the cases that they cause,
    per currency."""

    counts: Mapping[str, Mapping[str, Any]]
    amounts: Mapping[str, Sequence[Mapping[str, Any]]]


def totals(sources: Sources) -> Totals:
    """The totals of every rule that found something. The findings must have been folded and listed."""
    return Totals({row["rule_id"]: row for row in _counts(sources)}, _amounts(sources))


def rules(sources: Sources, found: Totals) -> list[dict[str, Any]]:
    """One account per rule of every phase that left a result, by phase and id."""
    counts, amounts = found.counts, found.amounts
    return [
        _rule(account, counts.get(account.header.rule_id, {}), amounts.get(account.header.rule_id, []), sources)
        for account in sources.rules
    ]


def _rule(
    account: RuleAccount, counts: Mapping[str, Any], amounts: Sequence[Mapping[str, Any]], sources: Sources
) -> dict[str, Any]:
    header, outcome = account.header, account.outcome
    chosen: dict[str, dict[str, object]] = sources.job.params.get("rules") or {}
    given = chosen.get(header.rule_id, {})
    listed = counts.get("listed", 0)
    return {
        "id": header.rule_id,
        "version": outcome.rule_version,
        "phase": header.phase,
        "title": dict(header.title),
        "severity": header.severity.value,
        "gravest": _severity(counts.get("gravest")),
        "kind": header.kind,
        "grain": header.grain,
        "status": outcome.status.value,
        "unit": outcome.unit,
        "evaluated": outcome.evaluated,
        "failed": outcome.failed,
        "unknown": outcome.unknown,
        "findings": outcome.findings,
        "listed": listed,
        "capped": listed < counts.get("findings", 0),
        "cases": counts.get("cases", 0),
        "amounts": amounts,
        "reason": text(outcome.reason, outcome.reason_es) if outcome.reason else None,
        "facts": {name: plain(value) for name, value in sorted(outcome.facts.items())},
        "impact": header.impact,
        "recoverable": header.recoverable,
        "explains": list(header.explains),
        "explanation": dict(header.explanation) if header.explanation else None,
        "remedy": dict(header.remedy) if header.remedy else None,
        "words": {name: dict(word) for name, word in header.words.items()},
        "parameters": dict(header.parameters) | {name: str(value) for name, value in sorted(given.items())},
        "source": header.source,
        "sql": header.sql,
    }


def _counts(sources: Sources) -> list[dict[str, Any]]:
    return sources.rows("""
        select f.rule_id, count(*) as findings, count(*) filter (m.n = m.root) as cases, count(l.n) as listed,
               coalesce(sum(f.priority) filter (m.n = m.root), 0)::DECIMAL(38,9) as priority,
               max(f.severity_rank) as gravest, max(f.severity_rank) filter (m.n = m.root) as gravest_cause
        from findings f join members m using (n) left join listed l using (n)
        group by f.rule_id order by f.rule_id""")


def _severity(rank: int | None) -> str | None:
    return None if rank is None else list(Severity)[rank].value


def _amounts(sources: Sources) -> dict[str, list[dict[str, Any]]]:
    """Per rule and currency, over the cases that its findings cause."""
    found: dict[str, list[dict[str, Any]]] = {}
    for row in sources.rows("""
            select f.rule_id, f.currency, sum(abs(f.impact))::DECIMAL(38,4) as gross,
                   sum(f.signed_impact)::DECIMAL(38,4) as net
            from findings f join cases c on c.root = f.n where f.impact is not null
            group by f.rule_id, f.currency order by f.rule_id, f.currency"""):
        amount = {"currency": row["currency"], "gross": plain(row["gross"]), "net": plain(row["net"])}
        found.setdefault(row["rule_id"], []).append(amount)
    return found


def exposure(sources: Sources) -> dict[str, Any]:
    """What the cases cost, per currency; the currency of the analysis first. Nothing is added across currencies.

    `explained_gross` is what symptoms show: it is counted with their causes and added to nothing.
    """
    amounts = sources.rows(
        """
        select f.currency, count(*) filter (m.n = m.root) as cases,
               coalesce(sum(abs(f.impact)) filter (m.n = m.root), 0)::DECIMAL(38,4) as gross,
               coalesce(sum(f.signed_impact) filter (m.n = m.root), 0)::DECIMAL(38,4) as net,
               coalesce(sum(abs(f.impact)) filter (m.n = m.root and f.recoverable), 0)::DECIMAL(38,4) as recoverable,
               coalesce(sum(abs(f.impact)) filter (m.n <> m.root), 0)::DECIMAL(38,4) as explained_gross
        from findings f join members m using (n) where f.impact is not null
        group by f.currency order by f.currency <> $1, f.currency""",
        [sources.currency()],
    )
    total = sources.rows("""
        select (select count(*) from findings) as findings, count(*) as cases, count(f.impact) as priced_cases,
               (select count(*) from stories) as stories,
               (select count(*) from stories where gross is not null) as priced_stories
        from cases c join findings f on f.n = c.root""")[0]
    return total | {
        "by_currency": [
            {name: plain(value) if name not in {"currency", "cases"} else value for name, value in row.items()}
            for row in amounts
        ],
        "cases_by_severity": _by_severity(sources),
    }


def _by_severity(sources: Sources) -> dict[str, int]:
    counted = sources.rows("""
        select f.severity, count(*) as cases from findings f join cases c on c.root = f.n
        group by f.severity order by f.severity""")
    found = {row["severity"]: row["cases"] for row in counted}
    return {severity.value: found.get(severity.value, 0) for severity in reversed(Severity)}


def recommendations(sources: Sources, found: Totals) -> list[dict[str, Any]]:
    """Remedies of the rules that caused cases, by the priority of those cases, then the gravest. Symptoms need none."""
    return [
        {
            "rule_id": row["rule_id"],
            "title": dict(header.title),
            "severity": _severity(row["gravest_cause"]),
            "remedy": dict(header.remedy),
            "cases": row["cases"],
            "amounts": found.amounts.get(row["rule_id"], []),
            "priority": plain(row["priority"]),
        }
        for row in _caused(sources, found)
        if (header := sources.by_id[row["rule_id"]].header).remedy
    ]


def coverage(sources: Sources) -> dict[str, Any]:
    """What was looked at, and what was not: rules by status, the reasons of those not tested, records and cells."""
    statuses = [account.outcome.status for account in sources.rules]
    return {
        "rules": {"total": len(statuses)} | {status.value: statuses.count(status) for status in RuleStatus},
        "not_tested": [
            {
                "rule_id": account.header.rule_id,
                "title": dict(account.header.title),
                "status": account.outcome.status.value,
                "reason": text(account.outcome.reason, account.outcome.reason_es),
            }
            for account in sources.rules
            if account.outcome.status in {RuleStatus.NOT_APPLICABLE, RuleStatus.ERRORED}
        ],
        "records": books.records(sources),
        "cells": books.cells(sources),
    }


def verdict(sources: Sources, found: Totals, exposed: dict[str, Any], covered: dict[str, Any]) -> dict[str, Any]:
    """The answer in a sentence, then details. `level` is the gravest severity among cases, or clean, or untested."""
    counts: dict[str, int] = exposed["cases_by_severity"]
    worst = next((name for name, cases in counts.items() if cases), None)
    evaluated = covered["rules"]["passed"] + covered["rules"]["failed"]
    level = worst or ("clean" if evaluated else "untested")
    first = next((sources.by_id[row["rule_id"]] for row in _caused(sources, found)), None)
    gaps = {voice.language: _gaps(sources, covered, voice) for voice in map(Voice, LANGUAGES)}

    def sentence(voice: Voice) -> str:
        if worst is None:
            return voice.say(f"verdict_{level}", evaluated=voice.number_of(evaluated, "rule"))
        return _worst(voice, worst, counts[worst])

    def detail(voice: Voice) -> str:
        sentences: list[str] = []
        if exposed["priced_cases"]:
            sentences.append(voice.say("verdict_money", money=_all_money(exposed, voice)))
        if first:
            sentences.append(voice.say("verdict_first", title=voice.text(first.header.title)))
        if gaps[voice.language]:
            sentences.append(voice.say("verdict_incomplete", missing="; ".join(gaps[voice.language])))
        return " ".join(sentences)

    return {"level": level, "complete": not any(gaps.values()), "sentence": both(sentence), "detail": both(detail)}


def _caused(sources: Sources, found: Totals) -> list[Mapping[str, Any]]:
    """Counts of the rules that caused cases, by the priority of those cases, then the gravest of them."""
    caused = [row for row in found.counts.values() if row["cases"] and row["rule_id"] in sources.by_id]
    caused.sort(key=lambda row: (-row["priority"], -row["gravest_cause"], row["rule_id"]))
    return caused


def _gaps(sources: Sources, covered: dict[str, Any], voice: Voice) -> list[str]:
    """What keeps the examination from being complete, in words."""
    gaps = [
        voice.say("missing_phase", phase=voice.phase(entry.phase), reason=voice.text(entry.reason))
        for entry in sources.missing
    ]
    if covered["rules"]["errored"]:
        gaps.append(voice.say("errored_rules", count=voice.number_of(covered["rules"]["errored"], "rule")))
    return gaps + books.unread(sources, voice)


def _worst(voice: Voice, worst: str, number: int) -> str:
    kind = "medium" if worst in {"medium", "low", "info"} else worst
    return voice.say(
        f"verdict_{kind}_{'one' if number == 1 else 'many'}",
        cases=voice.number_of(number, "case"),
        severity=voice.say(f"severity_{worst}"),
    )


def _all_money(exposed: dict[str, Any], voice: Voice) -> str:
    amounts = [voice.money(row["gross"], row["currency"]) for row in exposed["by_currency"] if row["cases"]]
    return f" {voice.say('and')} ".join(amounts)
