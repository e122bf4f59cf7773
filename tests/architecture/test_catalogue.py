"""Every id of the catalogue is a rule that is in the reference, finds something planted and leaves something honest.

The ids are those of the design's tables, so a rule that is taken out is missed here. What tests show is read from their
source: of an id speaks a test that names it, or one of a module whose first words are the id. Something was planted
where such a test holds a result against what is not nothing, and a neighbour is clean where one holds it against
nothing. That a test says so and still tries something else is for its reader to see; that every rule does find
something, and what, `tests/determinism` proves by running it.
"""

import ast
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from perito_rules.loader import load_rules
from perito_rules.model import Kind

ROOT = Path(__file__).resolve().parents[2]
PHASES = {"V": "validation", "C": "consistency", "P": "pattern", "K": "performance"}
_MOST = {"V": 34, "C": 38, "P": 48, "K": 30}
CATALOGUE = [f"{letter}-{n:0{2 if letter == 'K' else 3}}" for letter, most in _MOST.items() for n in range(1, most + 1)]
_ID = re.compile(r"\b[VCPK]-\d{2,3}\b")
_NOTHING = (None, 0, False, "")
_COUNTS = (".failed", ".findings", "['value']")
"""Ends of what counts findings, or is a key figure's value: there 0 or None is nothing, as is a figure's reason."""


def test_every_id_is_a_rule_of_its_phase() -> None:
    found = {letter: {rule.id for rule in load_rules(f"perito_{phase}.rules")} for letter, phase in PHASES.items()}
    assert [id_ for id_ in CATALOGUE if id_ not in found[id_[0]]] == []
    assert [id_ for ids in found.values() for id_ in sorted(ids) if id_ not in CATALOGUE] == []


def test_the_catalogue_is_that_of_the_design() -> None:
    design = ROOT.parent / "shared" / "design" / "rules.md"
    if not design.exists():
        pytest.fail("the design stands beside the project: ../shared/design/rules.md")
    rows = re.findall(r"^\| ([VCPK]-\d{2,3}) ", design.read_text("utf-8"), re.MULTILINE)
    assert rows == CATALOGUE


def test_every_id_has_its_place_in_the_reference() -> None:
    headings = re.findall(r"^### (\S+) \S", (ROOT / "docs" / "rules.md").read_text("utf-8"), re.MULTILINE)
    assert sorted(headings) == sorted(CATALOGUE)


@pytest.mark.parametrize("letter", PHASES)
def test_every_rule_has_a_planted_fault_and_a_clean_neighbour(letter: str) -> None:
    tests = [(path.read_text("utf-8"), path) for path in sorted((ROOT / "services").glob("*/tests/test_*.py"))]
    shown = list(_shown_in(text for text, path in tests if path.parts[-3] == PHASES[letter]))
    guards = {rule.id for rule in load_rules(f"perito_{PHASES[letter]}.rules") if rule.kind is Kind.GUARD}
    wanted = [id_ for id_ in CATALOGUE if id_[0] == letter and id_ not in guards]
    assert _lacking(wanted, shown) == []
    # A guard finds nothing of its own: what it tells of the others must be shown.
    assert [id_ for id_ in guards if (id_, "found") not in shown] == []


def test_a_rule_without_one_of_the_two_is_named() -> None:
    only_planted = '''"""P-901: is told."""\ndef test_it():\n    assert told(run("P-901")) == ["A"]\n'''
    only_clean = '''"""Some rules."""\ndef test_it():\n    assert not told(run("P-902"))\n'''
    mentioned = '''"""Others."""\nP = "P-903"\ndef test_it():\n    assert told(run("P-904")) == []\n'''
    both = '''"""P-905: both."""\ndef test_it():\n    (one,) = told(1)\ndef test_other():\n    assert told(2) == []\n'''
    shown = list(_shown_in([only_planted, only_clean, mentioned, both]))
    assert _lacking([f"P-90{n}" for n in range(1, 6)], shown) == [
        ("P-901", "a clean neighbour"),
        ("P-902", "a planted fault"),
        ("P-903", "a planted fault"),
        ("P-903", "a clean neighbour"),
        ("P-904", "a planted fault"),
    ]


def _lacking(wanted: Iterable[str], shown: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    seen = set(shown)
    kinds = (("found", "a planted fault"), ("nothing", "a clean neighbour"))
    return [(id_, says) for id_ in wanted for kind, says in kinds if (id_, kind) not in seen]


def _shown_in(texts: Iterable[str]) -> Iterator[tuple[str, str]]:
    """(id, "found" or "nothing") of every test function of the modules."""
    for text in texts:
        tree = ast.parse(text)
        about = _head(ast.get_docstring(tree) or "")
        for test in tree.body:
            if isinstance(test, ast.FunctionDef) and test.name.startswith("test_"):
                source = "\n".join(ast.unparse(part) for part in (*test.decorator_list, *test.body))
                named = about | set(_ID.findall(source + "\n" + _spelt(test.name)))
                for kind in _kinds(test):
                    yield from ((id_, kind) for id_ in named)


def _head(docstring: str) -> set[str]:
    """The ids that a module begins with: "K-13, K-14 and K-15: ..."."""
    head, colon, _ = docstring.partition(":")
    ids = _ID.findall(head)
    return set(ids) if colon and not _ID.sub("", head).replace("and", "").strip(" ,") else set()


def _spelt(name: str) -> str:
    """ "test_v_031_a_month" speaks of V-031."""
    return re.sub(r"^test_([vcpk])_(\d{2,3})_.*", lambda found: f"{found[1].upper()}-{found[2]}", name)


def _kinds(test: ast.FunctionDef) -> set[str]:
    """What the test holds results against: something ("found") or nothing."""
    found: set[str] = set()
    for node in (inner for part in (*test.decorator_list, *test.body) for inner in ast.walk(part)):
        if isinstance(node, ast.Assign) and any(isinstance(t, ast.Tuple | ast.List) for t in node.targets):
            found |= {"found"} if not isinstance(node.value, ast.Tuple) else set()
        if isinstance(node, ast.Assert) and isinstance(node.test, ast.UnaryOp) and isinstance(node.test.op, ast.Not):
            found.add("nothing")
        if isinstance(node, ast.Compare):
            found |= set(_compared(node.left, node.comparators[0]))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "pytest.mark.parametrize":
            found |= {_against(cell) for case in ast.walk(node) for cell in _cells(case)}
    return found - {""}


def _cells(case: ast.AST) -> list[ast.expr]:
    return case.elts if isinstance(case, ast.Tuple) else []


def _compared(left: ast.expr, right: ast.expr) -> Iterator[str]:
    if isinstance(left, ast.Tuple) and isinstance(right, ast.Tuple):
        for one, other in zip(left.elts, right.elts, strict=False):
            yield from _compared(one, other)
    elif not isinstance(right, ast.Constant):
        yield _against(right)
    elif right.value not in _NOTHING:
        yield "nothing" if ast.unparse(left).endswith("['reason']") else "found"
    elif ast.unparse(left).endswith(_COUNTS):
        yield "nothing"


def _against(side: ast.expr) -> str:
    """ "nothing", "found", or empty where the source does not say."""
    if isinstance(side, ast.List | ast.Set):
        return "found" if side.elts else "nothing"
    if isinstance(side, ast.Dict):
        return "found" if side.keys else "nothing"
    if isinstance(side, ast.Call):
        return "nothing" if ast.unparse(side) in {"set()", "set[str]()"} else ""
    return "nothing" if ast.unparse(side).endswith("RuleStatus.PASSED") else ""
