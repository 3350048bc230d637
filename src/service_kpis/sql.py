"""Texts and names as SQL writes them, on DuckDB and PostgreSQL alike."""


def literal(text: object) -> str:
    """A text, or a path, as an SQL string."""
    return "'" + str(text).replace("'", "''") + "'"


def identifier(*names: str) -> str:
    """A name, or names one within the other such as of a schema and a table, as an SQL identifier."""
    return ".".join('"' + name.replace('"', '""') + '"' for name in names)
