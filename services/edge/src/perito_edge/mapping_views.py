"""Turns what intake proposes into the words of the REST API. Pure."""

from itertools import groupby

from perito.dataset.v1 import intake_pb2
from perito.dataset.v1.intake_pb2 import Placement, ProposeMappingResponse

from perito_edge import models

_PLACEMENTS: dict[int, models.PlacementStatus] = {
    intake_pb2.PLACEMENT_STATUS_MAPPED: "mapped",
    intake_pb2.PLACEMENT_STATUS_CONSTANT: "constant",
    intake_pb2.PLACEMENT_STATUS_JOINED: "joined",
    intake_pb2.PLACEMENT_STATUS_NOT_USED: "not_used",
    intake_pb2.PLACEMENT_STATUS_UNPLACED: "unplaced",
}


def proposal(answer: ProposeMappingResponse) -> models.MappingProposal:
    """A proposed mapping, its columns by file."""
    files = [
        models.PlacedFile(
            file=name,
            tables=sorted({column.table_name for column in columns if column.table_name}),
            columns=[_placed(column) for column in columns],
        )
        for name, columns in ((name, list(group)) for name, group in groupby(answer.placements, lambda p: p.file))
    ]
    questions = [
        models.MappingQuestion(
            file=question.file or None,
            topic=question.topic,
            question=models.Text(en=question.question_en, es=question.question_es),
            add_yaml=question.add_yaml or None,
        )
        for question in answer.questions
    ]
    understood = models.Understanding(questions=questions, files=files)
    return models.MappingProposal(mapping=answer.mapping_yaml, understanding=understood)


def _placed(column: Placement) -> models.PlacedColumn:
    return models.PlacedColumn(
        source_column=column.source_column or None,
        table=column.table_name or None,
        column=column.column_name or None,
        status=_PLACEMENTS[column.status],
        confidence=column.confidence or None,
        reason=models.Text(en=column.reason_en, es=column.reason_es),
    )
