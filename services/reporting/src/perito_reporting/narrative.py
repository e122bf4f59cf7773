"""Tells a case: what was expected and observed, how its amount comes about, which rows prove it, what else it explains.

Built from what the finding carries, so no rule needs a storyteller of its own. A sentence stands only where its numbers
are there and the title has not told them; an amount is explained as a product only where it is that product.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

from perito_kernel import precision

from perito_reporting.figures import CELL, clip
from perito_reporting.sources import Sources
from perito_reporting.voice import LANGUAGES, Voice

Words = Mapping[str, Mapping[str, str]]

_ROLES = 6
"""Roles of evidence that the sentence names; a single one says nothing that the count does not."""


@dataclass(frozen=True)
class Proof:
    """How many rows prove a finding: in all, by role in the order of the rule, and in how many files."""

    rows: int = 0
    files: int = 0
    roles: Mapping[str, int] = field(default_factory=dict[str, int])


def narrated(
    sources: Sources, cases: Sequence[dict[str, Any]], findings: Sequence[Mapping[str, Any]], words: Mapping[str, Words]
) -> list[dict[str, Any]]:
    """The cases with their `narrative`: sentences per language for those told in full, null for the others. `words` are
    what rules call their roles.
    """
    proofs = _proofs(sources)
    by_fingerprint = {finding["fingerprint"]: finding for finding in findings}
    told: list[dict[str, Any]] = []
    for case in cases:
        proof = proofs.get(case["fingerprint"])
        finding = by_fingerprint.get(case["fingerprint"])
        own = words.get(case["rule_id"], {})
        narrative = (
            {name: tell(Voice(name), case, finding, proof, own) for name in LANGUAGES} if proof and finding else None
        )
        told.append(case | {"narrative": narrative})
    return told


def tell(voice: Voice, case: Mapping[str, Any], finding: Mapping[str, Any], proof: Proof, words: Words) -> list[str]:
    """The sentences of one case in one language; `words` are those of its rule."""
    if case["systemic"]:  # its title has the totals already
        sentences = [voice.say("told_systemic")]
    else:
        sentences = [_difference(voice, finding), _value(voice, case, finding)]
    sentences += [_evidence(voice, finding, proof, words), *_explained(voice, case)]
    return [sentence for sentence in sentences if sentence]


def _difference(voice: Voice, finding: Mapping[str, Any]) -> str:
    observed, expected = _number(finding["observed"]), _number(finding["expected"])
    shown = {
        "observed": clip(voice.day(voice.grouped(finding["observed"])), CELL),
        "expected": clip(voice.day(voice.grouped(finding["expected"])), CELL),
    }
    if finding["observed"] is None:
        return ""
    if finding["expected"] is None:
        return voice.say("told_observed", **shown)
    if observed is None or expected is None:
        return voice.say("told_both", **shown)
    title = voice.text(finding["title"]).replace("-", "−")
    if all(number in title for number in (*shown.values(), voice.grouped(abs(observed - expected)))):
        return ""
    if all(number in title for number in shown.values()):
        return voice.say("told_only_difference", difference=voice.grouped(observed - expected))
    return voice.say("told_difference", difference=voice.grouped(observed - expected), **shown)


def _value(voice: Voice, case: Mapping[str, Any], finding: Mapping[str, Any]) -> str:
    """Quantity times unit cost, where that is what the amount is."""
    measures: Mapping[str, Any] = finding["measures"]
    quantity, price, impact = (
        _number(value) for value in (finding["delta_qty"], measures.get("unit_cost"), case["impact"])
    )
    if quantity is None or price is None or impact is None or abs(quantity * price) != abs(impact):
        return ""
    source = measures.get("cost_source")
    return voice.say(
        "told_value_source" if source else "told_value",
        quantity=voice.grouped(abs(quantity)),
        price=voice.grouped(price),
        source=voice.term(str(source)),
        money=voice.money(abs(impact), case["currency"]),
    )


def _evidence(voice: Voice, finding: Mapping[str, Any], proof: Proof, words: Words) -> str:
    if not proof.rows:
        return voice.say("evidence_none") if not finding["evidence_total"] else ""
    counted = {"rows": voice.number_of(proof.rows, "row"), "files": voice.number_of(proof.files, "file")}
    if len(proof.roles) < 2 or len(proof.roles) > _ROLES:
        return voice.say("told_evidence_plain", **counted) if proof.files > 1 else ""
    roles = [f"{clip(voice.term(role, words), CELL)}: {voice.grouped(rows)}" for role, rows in proof.roles.items()]
    return voice.say("told_evidence", roles=", ".join(roles), **counted)


def _explained(voice: Voice, case: Mapping[str, Any]) -> list[str]:
    if not case["explained"]:
        return []
    rules = ", ".join(f"{entry['rule_id']}: {voice.grouped(entry['findings'])}" for entry in case["explains"])
    findings = voice.number_of(case["explained"], "other_finding")
    amounts = [
        voice.money(entry["gross"], entry["currency"]) for entry in case["explains"] if entry["gross"] is not None
    ]
    sentences = [voice.say("told_explains", findings=findings, rules=rules)]
    if amounts:
        number = "one" if case["explained"] == 1 else "many"
        sentences.append(voice.say(f"told_not_added_{number}", money=", ".join(amounts)))
    return sentences


def sureness(voice: Voice, rule_id: str, confidence: str | None) -> str:
    """How sure a case is and why, where the rule for confidence says so; else nothing."""
    number = _number(confidence)
    if number is None:
        return ""
    usual = precision.confidence_of(rule_id)
    how = "measured" if rule_id in precision.measured_precision() else "unmeasured"
    shown = voice.grouped(confidence)
    if number == usual:
        return voice.say(f"told_{how}", confidence=shown)
    if number == usual * precision.DOUBTED_FACTOR:
        return voice.say(f"told_{how}_doubted", confidence=shown)
    return voice.say("told_limited", confidence=shown) if number < usual else ""


def _proofs(sources: Sources) -> dict[str, Proof]:
    """Counts of the evidence of the cases that are told in full, complete, by fingerprint."""
    roles: dict[str, dict[str, int]] = defaultdict(dict)
    for row in sources.rows("""
            select fingerprint, coalesce(role, '') as role, count(*) as rows, min(ordinal) as first
            from evidence where fingerprint in (select fingerprint from shown join findings using (n))
            group by all order by fingerprint, first, role"""):
        roles[row["fingerprint"]][row["role"]] = row["rows"]
    files = {
        row["fingerprint"]: row["files"]
        for row in sources.rows("""
            select fingerprint, count(distinct file_id) as files from evidence
            where fingerprint in (select fingerprint from shown join findings using (n))
            group by fingerprint order by fingerprint""")
    }
    shown = [
        row["fingerprint"]
        for row in sources.rows("select fingerprint from shown join findings using (n) order by fingerprint")
    ]
    return {name: Proof(sum(roles[name].values()), files.get(name, 0), roles[name]) for name in shown}


def _number(value: object) -> Decimal | None:
    if value is None or isinstance(value, bool):
        return None
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return None
    return number if number.is_finite() else None
