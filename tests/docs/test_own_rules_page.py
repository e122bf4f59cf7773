"""The rules that docs/own-rules.md teaches are accepted, find what they plant, and run in an examination."""

import re
from pathlib import Path

import pytest
from perito_kernel.rule_packs import RuleText
from perito_rules.user_example import try_example
from perito_rules.user_header import own_phase
from perito_rules.user_rules import check_texts
from perito_standalone.own_rules import run_check, run_test

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "own-rules.md").read_text("utf-8")
RULES = re.findall(r"^```sql\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def test_the_page_s_rules_are_accepted_and_find_what_they_plant(tmp_path: Path) -> None:
    checked = check_texts([RuleText(f"U-{n:03}.sql", text) for n, text in enumerate(RULES, 1)])
    assert [one.problems for one in checked] == [(), ()]
    rules = [one.rule for one in checked if one.rule is not None]
    assert [(rule.id, rule.kind.value, own_phase(rule)) for rule in rules] == [
        ("U-001", "row", "consistency"),
        ("U-002", "set", "pattern"),
    ]
    for rule in rules:
        tried = try_example(rule, tmp_path / rule.id)
        assert tried.passed, tried
        assert tried.found == 1


def test_the_commands_say_so_and_say_where_a_rule_is_wrong(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for number, text in enumerate(RULES, 1):
        (tmp_path / f"U-{number:03}.sql").write_text(text, "utf-8")
    assert run_check(tmp_path) == 0
    assert "U-001 Sold for less than the least price: accepted, run by phase consistency" in capsys.readouterr().out
    assert run_test(tmp_path) == 0
    assert "U-001 found 1 of 2 sales lines, as planted" in capsys.readouterr().out
    wrong = tmp_path / "U-002.sql"
    wrong.write_text(RULES[1].replace("HAVING count(*) > $most", "HAVING count(*) > $most + 1"), "utf-8")
    assert run_test(wrong) == 1
    assert f"{wrong}: it did not find day=2026-03-01, product=A" in capsys.readouterr().out
    wrong.write_text(RULES[1].replace("FROM sales WHERE", "FROM 'sales.csv' WHERE"), "utf-8")
    line = RULES[1][: RULES[1].index("FROM sales WHERE")].count("\n") + 1
    for command in (run_check, run_test):
        assert command(tmp_path) == 1
        assert f"{wrong}, line {line}, column 6: table 'sales.csv' is none of this rule's" in capsys.readouterr().out
    assert run_check(tmp_path / "none") == 2
    assert "There is no rule at" in capsys.readouterr().err
    bare = tmp_path / "bare.sql"
    bare.write_text(re.sub(r"example:\n.*?(?=--- \*/)", "", RULES[0], flags=re.DOTALL), "utf-8")
    assert (run_check(bare), run_test(bare)) == (0, 1)
    assert "the header has no example" in capsys.readouterr().out
