"""P-018: a supplier with an employee's account and another sign is told; switchboards, neighbours and openness are
not."""

from pathlib import Path

from .paper_books import Row, outcome, run


def suppliers() -> list[Row]:
    return [
        {
            "supplier": f"V{n}",
            "name": f"Foods {n} SL",
            "address": f"Calle Mayor {n}, 28001",
            "phone": f"p{n}",
            "bank_account": f"b{n}",
            "tax_id": f"B{n}",
        }
        for n in range(10)
    ]


def users() -> list[Row]:
    return [
        {
            "user": f"U{n}",
            "name": f"Ana Vega {n}",
            "address": f"Calle Olmo {n}, 4",
            "phone": f"q{n}",
            "bank_account": f"c{n}",
        }
        for n in range(10)
    ]


def with_one(**more: object) -> list[Row]:
    return [*suppliers()[:9], suppliers()[9] | more]


def test_account_and_telephone_of_an_employee(tmp_path: Path) -> None:
    trial = run("P-018", tmp_path, suppliers=with_one(bank_account="c3", phone="q3"), users=users())
    (finding,) = trial.findings
    assert finding["identity"] == {"supplier": "V9", "user": "U3"}
    assert (finding["severity"], finding["impact"]) == ("medium", None)
    assert finding["title_en"] == "Supplier V9: the account of an employee, the telephone of an employee"
    assert finding["title_es"] == "Proveedor V9: la cuenta de un empleado, el teléfono de un empleado"
    assert [row["role"] for row in trial.proof(finding)] == ["supplier", "employee"]
    # Nothing that describes a person is shown.
    assert "Olmo" not in str(trial.evidence) + str(trial.findings)
    assert (outcome(trial).evaluated, outcome(trial).failed, outcome(trial).unknown) == (10, 1, 0)


def test_one_sign_of_an_employee_with_one_that_needs_none(tmp_path: Path) -> None:
    for name, more in {
        "untaxed": {"bank_account": "c3", "tax_id": None},
        "box": {"phone": "q3", "address": "P.O. Box 12"},
        "initials": {"address": "CALLE OLMO, 3 - 4", "name": "J.R. M."},
    }.items():
        (finding,) = run("P-018", tmp_path / name, suppliers=with_one(**more), users=users()).findings
        assert (finding["identity"]["user"], finding["severity"]) == ("U3", "medium"), name


def test_one_sign_is_common(tmp_path: Path) -> None:
    for name, more in {
        "account": {"bank_account": "c3"},
        "box": {"address": "Apartado de Correos 100", "tax_id": None},
        "four letters": {"bank_account": None, "address": "Apdo. 9", "name": "IKEA"},
        "neighbour": {"address": "Calle Olmo 3, 5", "tax_id": None},
    }.items():
        trial = run("P-018", tmp_path / name, suppliers=with_one(**more), users=users())
        assert trial.findings == [], name


def test_all_signs_that_need_no_employee_are_of_low_severity(tmp_path: Path) -> None:
    rows = with_one(address="Apdo. 100", tax_id=None, name="A.B.C.")
    (finding,) = run("P-018", tmp_path, suppliers=rows, users=users()).findings
    assert (finding["identity"], finding["severity"]) == ({"supplier": "V9", "user": None}, "low")


def test_a_switchboard_and_a_bank_of_all_are_no_signs(tmp_path: Path) -> None:
    staff = [user | {"phone": "q", "bank_account": "c"} for user in users()]
    rows = with_one(phone="q", bank_account="c", tax_id=None)
    assert run("P-018", tmp_path, suppliers=rows, users=staff).findings == []


def test_an_employee_under_his_own_name_is_of_low_severity(tmp_path: Path) -> None:
    rows = with_one(name="Vega, Ana", bank_account="c3", phone="q3")
    staff = [user | {"name": "Ana Vega"} for user in users()]
    (finding,) = run("P-018", tmp_path, suppliers=rows, users=staff).findings
    assert finding["severity"] == "low"


def test_where_few_suppliers_have_a_tax_number_none_is_no_sign(tmp_path: Path) -> None:
    rows = [row | {"tax_id": None} for row in with_one(bank_account="c3")]
    assert run("P-018", tmp_path / "untaxed", suppliers=rows, users=users()).findings == []
    assert run("P-018", tmp_path / "names", suppliers=[{"supplier": "V1", "name": "A"}]).findings == []


def test_streets_of_one_number_in_one_town_are_not_one_street(tmp_path: Path) -> None:
    people = [{**row, "address": f"Calle Mayor {n}, 28001 Madrid"} for n, row in enumerate(users())]
    other = with_one(address="Calle Menor 3, 28001 Madrid", tax_id=None)
    assert run("P-018", tmp_path / "other", suppliers=other, users=people).findings == []
    same = with_one(address="CALLE MAYOR, 3 - 28001 MADRID", tax_id=None)
    (finding,) = run("P-018", tmp_path / "same", suppliers=same, users=people).findings
    assert finding["identity"]["user"] == "U3"
