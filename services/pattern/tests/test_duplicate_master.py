"""P-019: one firm, product or customer under two codes is told; branches, neighbours, sizes and families are not."""

from pathlib import Path

from .paper_books import Row, outcome, run


def supplier(code: str, name: str, **more: object) -> Row:
    return {
        "supplier": code,
        "name": name,
        "tax_id": f"T{code}",
        "phone": f"P{code}",
        "address": f"Calle {code}",
        **more,
    }


FIRM = supplier("V1", "Ortiz Foods S.L.", tax_id="B1", phone="911", address="Polígono Sur, nave 4")


def test_a_firm_with_two_codes(tmp_path: Path) -> None:
    again = supplier("V2", "ORTIZ FOOODS", tax_id="B1", phone="911", address="Poligono Sur nave 4")
    trial = run("P-019", tmp_path, suppliers=[FIRM, again, supplier("V3", "Vega Trading")])
    (finding,) = trial.findings
    assert finding["identity"] == {"supplier": "V2", "product": None, "customer": None, "original": "V1"}
    assert (finding["severity"], finding["impact"]) == ("medium", None)
    assert finding["title_en"] == "Supplier V2 looks like V1: a similar name and tax number, telephone, address"
    assert "nombre similar y número fiscal, teléfono, domicilio" in finding["title_es"]
    assert [(row["role"], row["key"]["supplier"]) for row in trial.proof(finding)] == [
        ("original", "V1"),
        ("copy", "V2"),
    ]
    assert (outcome(trial).evaluated, outcome(trial).failed, outcome(trial).unknown) == (3, 1, 0)


def test_a_number_in_the_name_is_the_same_with_and_without_a_legal_form(tmp_path: Path) -> None:
    same = {"tax_id": "B7", "phone": "9", "address": "Calle Olmo 7"}
    firms = [supplier("V1", "Soler Foods 3", **same), supplier("V2", "Sooler Foods 3 SL", **same)]
    other = supplier("V3", "Soler Foods 4 SL", **same)
    (finding,) = run("P-019", tmp_path, suppliers=[*firms, other]).findings
    assert finding["identity"]["supplier"] == "V2"


def test_what_is_another_supplier(tmp_path: Path) -> None:
    for name, other in {
        "name only": supplier("V2", "Ortiz Foods"),
        "branch": supplier("V2", "Ortiz Foods", tax_id="B1", phone="922", address="Avenida Norte 8"),
        "other name": supplier("V2", "Pardo Imports", tax_id="B1", phone="911", address="Polígono Sur, nave 4"),
        "number": supplier("V2", "Ortiz Foods 2", address="Polígono Sur, nave 4"),
        "closed": supplier("V2", "Ortiz Foods", tax_id="B1", phone="911", active=False),
    }.items():
        assert run("P-019", tmp_path / name, suppliers=[FIRM | {"active": True}, other]).findings == [], name


def test_what_many_share_says_nothing(tmp_path: Path) -> None:
    rows = [supplier(f"V{n}", "Mercado Central puesto", phone="900") for n in range(12)]
    assert run("P-019", tmp_path, suppliers=rows).findings == []


def test_three_codes_are_two_copies_of_the_first(tmp_path: Path) -> None:
    rows = [FIRM | {"supplier": code} for code in ("V1", "V2", "V3")]
    found = run("P-019", tmp_path, suppliers=rows).findings
    assert sorted((f["identity"]["supplier"], f["identity"]["original"]) for f in found) == [("V2", "V1"), ("V3", "V1")]


def test_products_by_bar_code_and_pack(tmp_path: Path) -> None:
    tea: Row = {"product": "P1", "name": "Green tea 20 bags", "gtin": "841", "units_per_pack": 1}
    twice = tea | {"product": "P2", "name": "GREEN TEA, 20 bags"}
    (finding,) = run("P-019", tmp_path / "twice", suppliers=[FIRM], products=[tea, twice]).findings
    assert (finding["identity"]["product"], finding["severity"]) == ("P2", "low")
    for name, other in {
        "carton": twice | {"units_per_pack": 12},
        "size": twice | {"name": "Green tea 40 bags"},
        "code": twice | {"gtin": "842"},
        "other": twice | {"name": "Dog food"},
    }.items():
        assert run("P-019", tmp_path / name, suppliers=[FIRM], products=[tea, other]).findings == [], name


def test_customers_and_families(tmp_path: Path) -> None:
    ana: Row = {"customer": "C1", "name": "Ana Vega Ruiz", "phone": "6", "address": "Calle Olmo 3", "tax_id": "a"}
    same = ana | {"customer": "C2", "tax_id": None}
    (finding,) = run("P-019", tmp_path / "same", suppliers=[FIRM], customers=[ana, same]).findings
    assert (finding["identity"]["customer"], finding["severity"]) == ("C2", "low")
    sister = same | {"name": "Eva Vega Ruiz"}
    flat = ana | {"customer": "C2", "tax_id": None, "phone": "7"}
    for name, other in {"family": sister, "telephone": flat}.items():
        assert run("P-019", tmp_path / name, suppliers=[FIRM], customers=[ana, other]).findings == [], name


def test_records_with_nothing_to_compare_are_unknown(tmp_path: Path) -> None:
    rows: list[Row] = [FIRM, {"supplier": "V2", "name": "Ortiz Foods"}, {"supplier": "V3", "name": None}]
    trial = run("P-019", tmp_path, suppliers=rows)
    assert (trial.findings, outcome(trial).evaluated, outcome(trial).unknown) == ([], 2, 1)


def test_names_that_differ_in_a_whole_word_are_two(tmp_path: Path) -> None:
    """Branches of one firm whose addresses are not known, and colours under one bar code."""
    north = supplier("V1", "Ortiz Foods Bogota", tax_id="B1", address=None)
    south = supplier("V2", "Ortiz Foods Cali", tax_id="B1", address=None)
    assert run("P-019", tmp_path / "branches", suppliers=[north, south]).findings == []
    typed = supplier("V2", "Ortiz Fods Bogotá", tax_id="B1", address=None)
    assert len(run("P-019", tmp_path / "typed", suppliers=[north, typed]).findings) == 1
    colours: list[Row] = [
        {"product": p, "name": f"Camiseta de algodon {c}", "gtin": "84"} for p, c in (("1", "roja"), ("2", "azul"))
    ]
    assert run("P-019", tmp_path / "colours", suppliers=[FIRM], products=colours).findings == []
