"""What the page shows of money and rules: exposure, the state of the data, steps to take, accounts of all rules."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from perito_reporting.bridge import total_bridge
from perito_reporting.figures import CELL, clip
from perito_reporting.page_cases import View, bridge_rows, prose
from perito_reporting.page_cells import cell
from perito_reporting.voice import UNSTATED, Voice

_FACTS = 60
_NOT_RUN = ("not_applicable", "errored")


def lead(document: Mapping[str, Any], voice: Voice) -> str:
    """How much was looked at, in a sentence."""
    covered = document["coverage"]
    return voice.say(
        "lead",
        evaluated=voice.grouped(covered["rules"]["passed"] + covered["rules"]["failed"]),
        rules=voice.grouped(covered["rules"]["total"]),
        rows=voice.number_of(covered["records"]["records"], "record"),
        files=voice.number_of(sum(row["rows"] is not None for row in document["inputs"]), "file"),
    )


def exposure(document: Mapping[str, Any], voice: Voice) -> View:
    """The figures per currency, and what to know about them."""
    exposed = document["exposure"]
    rows: Sequence[Mapping[str, Any]] = exposed["by_currency"]
    currencies = [
        {name: voice.money(row[name], row["currency"]) for name in ("gross", "net", "recoverable")} for row in rows
    ]
    notes = [
        voice.say("explained_note", money=voice.money(row["explained_gross"], row["currency"]))
        for row in rows
        if Decimal(row["explained_gross"])
    ]
    unpriced = exposed["cases"] - exposed["priced_cases"]
    if unpriced:
        notes.append(voice.say("unpriced_note", cases=voice.number_of(unpriced, "case")))
    if len(currencies) > 1:
        notes.append(voice.say("several_currencies"))
    if any(row["currency"] in UNSTATED for row in rows):
        notes.append(voice.say("no_currency"))
    return {"currencies": currencies, "notes": notes}


def caveat(document: Mapping[str, Any], voice: Voice) -> View:
    """What the reader must know of the data before reading on."""
    if any(entry["phase"] == "validation" for entry in document["missing_phases"]):
        return {"sentences": [voice.say("caveat_missing")], "rules": []}
    records, cells = document["coverage"]["records"], document["coverage"]["cells"]
    sentences = [
        voice.say(
            "caveat_rejected",
            records=voice.grouped(records["rejected"]),
            all_records=voice.grouped(records["records"]),
            cells=voice.grouped(cells["rejected"]),
            all_cells=voice.grouped(cells["cells"]),
        )
        if records["rejected"] or cells["rejected"]
        else voice.say(
            "caveat_clean", records=voice.number_of(records["records"], "record"), cells=voice.grouped(cells["cells"])
        )
    ]
    if cells["changed"]:
        sentences.append(voice.say("caveat_changed", cells=voice.grouped(cells["changed"])))
    if questions := len(document["understanding"]["questions"]):
        sentences.append(voice.say("caveat_questions", count=voice.number_of(questions, "question")))
    sentences += _readings(document, voice)
    # A rule may tell something of rows none of which failed: that has its case, and weighs on nothing.
    failing = [rule for rule in document["rules"] if rule["phase"] == "validation" and rule["failed"]]
    return {
        "sentences": sentences,
        "rules": [
            {
                "title": clip(voice.text(rule["title"])),
                "severity": rule["gravest"] or rule["severity"],
                "count": share(rule["failed"], rule["evaluated"], voice)
                + f" {voice.term(rule['unit'], rule['words'])}",
            }
            for rule in failing
        ],
    }


def _readings(document: Mapping[str, Any], voice: Voice) -> list[str]:
    """How the ledger's balances, order and signs are read, and whether another reading closes what breaks."""
    facts = {rule["id"]: rule["facts"] for rule in document["rules"] if rule["status"] not in _NOT_RUN}
    balances, bridge = facts.get("C-001", {}), facts.get("C-007", {})
    sentences: list[str] = []
    if grain := balances.get("grain_of_balances"):
        levels = _listed([voice.term(level) for level in grain.split(", ")], voice)
        signs = "caveat_out" if balances.get("sign_of_quantities") == "in negative" else "caveat_in"
        sentences.append(voice.say("caveat_balances", levels=levels, signs=voice.say(signs)))
        if instants := balances.get("instants_with_several_movements"):
            sentences.append(_order(int(instants), voice))
        if (entered := balances.get("keys_in_order_of_entry", "0")) != "0":
            keys = {"part": voice.grouped(entered), "all": voice.grouped(balances["keys"])}
            sentences.append(voice.say("caveat_entered", **keys))
    sentences += _signs(document, voice)
    if bridge.get("taken", "0") != "0":
        sentences.append(
            voice.say(
                "caveat_bridge", explained=voice.grouped(bridge["explained"]), breaks=voice.grouped(bridge["breaks"])
            )
        )
    return sentences


def _order(instants: int, voice: Voice) -> str:
    if not instants:
        return voice.say("caveat_order_known")
    return voice.say("caveat_ties", instants=voice.number_of(instants, "instant"))


def _signs(document: Mapping[str, Any], voice: Voice) -> list[str]:
    for rule in document["rules"]:
        if rule["id"] == "V-015" and rule["status"] not in _NOT_RUN and rule["evaluated"]:
            counts = {"part": voice.grouped(rule["failed"]), "all": voice.grouped(rule["evaluated"])}
            return [voice.say("caveat_signs" if rule["failed"] else "caveat_signs_none", **counts)]
    return []


def _listed(words: Sequence[str], voice: Voice) -> str:
    """ "product, location and lot"."""
    *most, last = words
    return f"{', '.join(most)} {voice.say('and')} {last}" if most else last


def recommendations(document: Mapping[str, Any], voice: Voice) -> list[View]:
    """Steps in order, each with the money that waits for it."""
    words = {rule["id"]: rule["words"] for rule in document["rules"]}
    return [
        {
            "rule_id": step["rule_id"],
            "title": clip(voice.text(step["title"])),
            "severity": step["severity"],
            "remedy": prose(voice.text(step["remedy"]), words.get(step["rule_id"], {}), voice),
            "cases": voice.grouped(step["cases"]),
            "amount": amounts(step["amounts"], voice),
        }
        for step in document["recommendations"]
    ]


def rules(document: Mapping[str, Any], voice: Voice) -> list[View]:
    """One row per rule with its true totals."""
    return [
        {
            "id": rule["id"],
            "title": clip(voice.text(rule["title"])),
            "severity": rule["gravest"] or rule["severity"],
            "status": rule["status"],
            "status_text": voice.say(f"status_{rule['status']}"),
            "unit": clip(voice.term(rule["unit"], rule["words"]), CELL),
            "counts": [voice.grouped(rule[name]) for name in ("evaluated", "failed", "unknown", "findings", "cases")],
            "run": rule["status"] not in _NOT_RUN,
            "amount": amounts(rule["amounts"], voice),
        }
        for rule in document["rules"]
    ]


def facts(document: Mapping[str, Any], voice: Voice) -> list[View]:
    """Totals that rules computed beside their findings; those of nothing but zeros say nothing."""
    return [
        {
            "id": rule["id"],
            "title": clip(voice.text(rule["title"])),
            "bridge": bridge_rows(found, voice) if (found := total_bridge(rule["facts"])) else [],
            "facts": [
                {
                    "name": clip(voice.term(name, rule["words"]), CELL),
                    "value": clip(voice.grouped(cell(name, value, rule["words"], voice)), CELL),
                }
                for name, value in rule["facts"].items()
            ][:_FACTS],
        }
        for rule in document["rules"]
        if any(value != "0" for value in rule["facts"].values())
    ]


def untested(document: Mapping[str, Any], voice: Voice) -> View:
    """Rules and phases that say nothing, and why; rules that broke; rules that were tested in part."""
    accounts: Sequence[Mapping[str, Any]] = document["rules"]
    missing = [
        {"id": "", "title": voice.phase(entry["phase"]), "reason": clip(voice.text(entry["reason"]))}
        for entry in document["missing_phases"]
    ]
    return {
        "missing": missing + [_account(rule, voice) for rule in accounts if rule["status"] == "not_applicable"],
        "errored": [_account(rule, voice) for rule in accounts if rule["status"] == "errored"],
        "partly": [_account(rule, voice) for rule in accounts if rule["reason"] and rule["status"] not in _NOT_RUN],
    }


def _account(rule: Mapping[str, Any], voice: Voice) -> View:
    return {"id": rule["id"], "title": clip(voice.text(rule["title"])), "reason": clip(voice.text(rule["reason"]))}


def amounts(rows: Sequence[Mapping[str, Any]], voice: Voice) -> str:
    """Gross amounts per currency, side by side."""
    return ", ".join(voice.money(row["gross"], row["currency"]) for row in rows)


def share(part: int, whole: int, voice: Voice) -> str:
    """ "12 of 3,400"."""
    return voice.say("of", part=voice.grouped(part), all=voice.grouped(whole))
