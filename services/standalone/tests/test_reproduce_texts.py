"""What `perito reproduce` makes of texts in a report: parameters get their types, and no text commands the terminal."""

from perito_rules.model import Parameter, ParameterType
from perito_standalone.reproduce_inputs import typed_parameter
from perito_standalone.reproduce_print import printable


def test_parameters_of_a_report_are_read_in_their_types() -> None:
    def typed(kind: ParameterType, text: str) -> object:
        return typed_parameter(Parameter("p", kind, "", "m"), text)

    assert typed(ParameterType.BOOLEAN, "True") is True
    assert typed(ParameterType.BOOLEAN, "perhaps") == "perhaps"
    assert typed(ParameterType.INTEGER, "100.0") == 100
    assert typed(ParameterType.INTEGER, "many") == "many"
    assert typed(ParameterType.DECIMAL, "0.20") == "0.20"


def test_words_of_the_books_do_not_speak_to_the_terminal() -> None:
    assert printable("a\x1b[2J[bold]é\u202e") == "a\ufffd[2J[bold]é\ufffd"
