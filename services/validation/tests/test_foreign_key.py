"""V-011: keys that no master has are found; known keys and words that stand for no value are left alone."""

from pathlib import Path

from perito_kernel.phases import RuleStatus

from .desk import HEAD, examine


def test_keys_that_the_master_does_not_have(tmp_path: Path) -> None:
    mapping = HEAD + (
        "  p.csv:\n    tables:\n      products:\n        columns: {product: a, name: n}\n"
        "  s.csv:\n    tables:\n      sales:\n        columns: {document: d, product: p, customer: c, user: u}\n"
        "  u.csv:\n    tables:\n      users:\n        columns: {user: u}\n"
    )
    files = {
        "p.csv": "a,n\nA,x\nA,y\n,z\nB,x\n",  # the master repeats a key and lacks one: it is compared all the same
        "s.csv": "d,p,c,u\n1,A,C1,amara\n2,Z,C2,AMARA\n3,Z,C3,bola\n4,b,C4,AMARA\n5,Y,C5,AMARA\n6,,C6,AMARA\n",
        "u.csv": "u\nAMARA\n",
    }
    done = examine(tmp_path, files, mapping)
    found = {finding["identity"]["domain"]: finding for finding in done.of("V-011")}
    assert set(found) == {"product", "user"}, "customers have no master here"
    product = found["product"]
    assert (product["row_count"], product["measures"]["unknown_keys"], product["severity"]) == (4, "3", "high")
    assert product["measures"]["keys"] == [
        {"key": "Z", "cells": 2},
        {"key": "Y", "cells": 1},
        {"key": "b", "cells": 1},
    ]
    assert {(row["line"], row["values"]["written"]) for row in done.proof(product)} == {(3, "Z"), (6, "Y"), (5, "b")}
    assert found["user"]["row_count"] == 2
    assert "amara" not in str([found["user"], done.proof(found["user"])]).lower()
    assert "b" in str(done.of("V-012"))


def test_is_content_when_every_key_is_known(tmp_path: Path) -> None:
    mapping = HEAD + (
        "  p.csv:\n    tables:\n      products:\n        columns: {product: a}\n"
        "  s.csv:\n    tables:\n      sales:\n"
        "        columns: {document: d, product: {column: p, normalise: [upper]}}\n"
    )
    done = examine(tmp_path, {"p.csv": "a\nA\nB\n", "s.csv": "d,p\n1,a\n2,B\n3,\n"}, mapping)
    assert done.of("V-011") == []
    outcome = next(rule for rule in done.outcome.rules if rule.rule_id == "V-011")
    assert (outcome.status, outcome.evaluated) == (RuleStatus.PASSED, 2)


def test_words_that_stand_for_no_value_name_nothing(tmp_path: Path) -> None:
    """A person's words are pseudonyms to the rule, and yet they are known for what they are. V-007 tells them."""
    mapping = HEAD + (
        "  u.csv:\n    tables:\n      users:\n        columns: {user: u}\n"
        "  s.csv:\n    tables:\n      sales:\n"
        "        columns: {document: d, user: {column: u, normalise: [upper]}, product: p}\n"
        "  p.csv:\n    tables:\n      products:\n        columns: {product: p}\n"
    )
    sales = "d,u,p\n1,N/A,A\n2,amara,unknown\n3,Unknown,X9\n4,n/a,A\n5,BOLA,A\n"
    done = examine(tmp_path, {"u.csv": "u\nAMARA\n", "p.csv": "p\nA\n", "s.csv": sales}, mapping)
    found = {finding["identity"]["domain"]: finding for finding in done.of("V-011")}
    assert {domain: finding["row_count"] for domain, finding in found.items()} == {"user": 1, "product": 1}
    assert found["product"]["measures"]["keys"] == [{"key": "X9", "cells": 1}]
    assert [row["line"] for row in done.proof(found["user"])] == [6]
    told = {finding["identity"]["source_column"]: finding["row_count"] for finding in done.of("V-007")}
    assert told == {"u": 3, "p": 1}
