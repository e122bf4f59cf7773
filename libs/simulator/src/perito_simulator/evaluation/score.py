"""The mark: what was found, missed and told wrongly, by rule and in all, with how far chance may have helped."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from perito_simulator.evaluation.matching import Matches, match
from perito_simulator.evaluation.report import Finding, Report
from perito_simulator.evaluation.wilson import Share
from perito_simulator.truth import Fault, Truth


@dataclass(frozen=True)
class Promise:
    """What must hold: share of covered faults found at least, share by which the gross amount may be off at most.

    No finding of severity high or critical may be false; that has no degree.
    """

    recall: float = 0.95
    money: Decimal = Decimal("0.05")


@dataclass(frozen=True)
class RuleScore:
    """One rule. `recall`: faults found, of those planted. `precision`: findings that tell one, of all but symptoms."""

    rule: str
    recall: Share
    precision: Share
    symptoms: int

    @property
    def false(self) -> int:
        """Findings that tell nothing planted."""
        return self.precision.trials - self.precision.hits


@dataclass(frozen=True)
class Amount:
    """Of one currency: planted money of covered faults, and the gross amount that the report comes to."""

    currency: str
    planted: Decimal
    gross: Decimal

    @property
    def off(self) -> Decimal | None:
        """|gross - planted| / planted; None where nothing was planted and yet there is an amount."""
        if not self.planted:
            return None if self.gross else Decimal(0)
        return abs(self.gross - self.planted) / self.planted


@dataclass(frozen=True)
class Score:
    """The whole comparison. `uncovered`: faults whose rule could not be tested, with the reason of the report."""

    rules: Sequence[RuleScore]
    amounts: Sequence[Amount]
    missed: Sequence[Fault]
    uncovered: Sequence[tuple[Fault, str]]
    matches: Matches
    kinds: Mapping[str, Share]

    @property
    def recall(self) -> Share:
        """Faults found, of those whose rule was tested."""
        return Share(sum(rule.recall.hits for rule in self.rules), sum(rule.recall.trials for rule in self.rules))

    @property
    def precision(self) -> Share:
        """Findings that tell a fault, of all but symptoms."""
        hits = sum(rule.precision.hits for rule in self.rules)
        return Share(hits, sum(rule.precision.trials for rule in self.rules))

    @property
    def false_serious(self) -> list[Finding]:
        """False findings of severity high or critical."""
        return [finding for finding in self.matches.false if finding.serious]

    def keeps(self, promise: Promise) -> bool:
        """True where all that is promised holds. Where something was planted and nothing of it tested, it does not."""
        recall = self.recall.value
        money = all(amount.off is not None and amount.off <= promise.money for amount in self.amounts)
        found = not self.uncovered if recall is None else recall >= promise.recall
        return found and not self.false_serious and money


def evaluate(truth: Truth, report: Report) -> Score:
    """Holds a report against the truth."""
    covered = [fault for fault in truth.faults if fault.rule in report.tested]
    uncovered = [
        (fault, report.untested.get(fault.rule, "the report does not know the rule"))
        for fault in truth.faults
        if fault.rule not in report.tested
    ]
    # A symptom may be told even where the rule of its fault could not be tested.
    matches = match(truth, report.findings)
    missed = [fault for fault in covered if not matches.told_by[fault.id]]
    return Score(
        _rule_scores(covered, missed, matches),
        _amounts(covered, report),
        missed,
        uncovered,
        matches,
        {kind: _recall([f for f in covered if f.kind == kind], missed) for kind in sorted({f.kind for f in covered})},
    )


def _rule_scores(covered: Sequence[Fault], missed: Sequence[Fault], matches: Matches) -> list[RuleScore]:
    told = [*matches.true, *matches.symptoms, *matches.false]
    rules = sorted({fault.rule for fault in covered} | {finding.rule for finding in told})
    return [
        RuleScore(
            rule,
            _recall([fault for fault in covered if fault.rule == rule], missed),
            _precision(rule, matches),
            sum(finding.rule == rule for finding in matches.symptoms),
        )
        for rule in rules
    ]


def _recall(faults: Sequence[Fault], missed: Sequence[Fault]) -> Share:
    absent = {fault.id for fault in missed}
    return Share(sum(fault.id not in absent for fault in faults), len(faults))


def _precision(rule: str, matches: Matches) -> Share:
    true, false = (sum(finding.rule == rule for finding in kept) for kept in (matches.true, matches.false))
    return Share(true, true + false)


def _amounts(covered: Sequence[Fault], report: Report) -> list[Amount]:
    planted: dict[str, Decimal] = {}
    for fault in covered:
        if fault.money is not None:
            planted[fault.currency] = planted.get(fault.currency, Decimal(0)) + fault.money
    return [
        Amount(currency, planted.get(currency, Decimal(0)), report.gross.get(currency, Decimal(0)))
        for currency in sorted(planted.keys() | report.gross.keys())
    ]
