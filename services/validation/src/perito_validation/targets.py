"""Where somebody who corrects a mapping may send a column of a file."""

from perito_rules.canonical import load_canonical


def mapping_targets() -> list[dict[str, object]]:
    """Every canonical column, table by table: the members of `MappingTarget` of the contract."""
    return [
        {
            "table_name": table.name,
            "column_name": column.name,
            "meaning": column.meaning,
            "required": column.name in table.required_key,
        }
        for table in load_canonical().values()
        for column in table.columns.values()
    ]
