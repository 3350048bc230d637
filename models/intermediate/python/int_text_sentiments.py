"""Grain: one row per text that the source left without a label, as the classifier read it.

A text that occurs a thousand times is read once, and joined by its hash (of language and text). Only texts
are read whose hash is not here yet under the classifier's present version: a classifier that changed reads
all again.
"""

import os

TEXTS_AT_ONCE = 20_000
COLUMNS = (
    "text_hash",
    "language_code",
    "sentiment_label",
    "classifier_name",
    "classifier_version",
    "classified_at",
)


def model(dbt, session):
    """The rows to add, as DuckDB reads them: a relation without rows, or an Arrow table."""
    dbt.config(materialized="incremental", unique_key="text_hash", incremental_strategy="delete+insert")

    from service_kpis import sentiment

    name = sentiment.CLASSIFIER_NAME
    release = sentiment.classifier_version()
    unread = dbt.ref("int_unlabelled_texts").project("text_hash, body, language_code").set_alias("texts")
    if dbt.is_incremental:
        known = session.table(str(dbt.this)).filter(
            f"classifier_version = '{release}' and classifier_name = '{name}'"
        )
        unread = unread.join(known.set_alias("known"), "texts.text_hash = known.text_hash", how="anti")

    # As raw rows are judged at the start of their run: what came after the last run is known by it.
    ((started_at,),) = dbt.source("quality", "builds").max("started_at").fetchall()

    # While it is imported numpy sets these, and takes away those that it set: dbt, which goes through the
    # environment in another thread, would not find what was there a moment ago, and fail.
    for name_of_numpy in ("OPENBLAS_MAIN_FREE", "GOTOBLAS_MAIN_FREE"):
        os.environ.setdefault(name_of_numpy, "1")

    batches = []
    # DuckDB 2.0 gives the rows of a relation all at once or not at all.
    cursor = session.execute(unread.sql_query())
    while rows := cursor.fetchmany(TEXTS_AT_ONCE):
        import pyarrow

        hashes, bodies, codes = zip(*rows, strict=True)
        found = sentiment.classify_all(zip(bodies, codes, strict=True))
        columns = (
            hashes,
            [text.language for text in found],
            [text.label for text in found],
            [name] * len(rows),
            [release] * len(rows),
        )
        batches.append(
            pyarrow.record_batch(
                [
                    *(pyarrow.array(column, pyarrow.string()) for column in columns),
                    pyarrow.array([started_at] * len(rows), pyarrow.timestamp("us")),
                ],
                COLUMNS,
            )
        )
    if not batches:
        *texts, instant = COLUMNS
        nothing = ", ".join(f"cast(null as varchar) as {column}" for column in texts)
        return session.sql(f"select {nothing}, cast(null as timestamp) as {instant} limit 0")
    return pyarrow.Table.from_batches(batches)
