"""Grain: one row per text that the source left without a label, as the classifier read it.

Only texts that are new are read: those whose hash (text and language) is not here yet under the classifier's
present version. A text that changed and a classifier that changed are new again.
"""

TEXTS_AT_ONCE = 20_000
COLUMNS = (
    "text_id",
    "text_hash",
    "language_code",
    "sentiment_label",
    "classifier_name",
    "classifier_version",
)


def model(dbt, session):
    """The rows to add, as DuckDB reads them: a relation without rows, or an Arrow table."""
    dbt.config(materialized="incremental", unique_key="text_id", incremental_strategy="delete+insert")

    from service_kpis import sentiment

    name = sentiment.CLASSIFIER_NAME
    release = sentiment.classifier_version()
    # A label of the source leaves the hash empty: such a text is not even looked at.
    texts = dbt.ref("int_customer_texts").filter("text_hash is not null")
    unread = texts.project("text_id, text_hash, body, language_code").set_alias("texts")
    if dbt.is_incremental:
        known = session.table(str(dbt.this)).filter(
            f"classifier_version = '{release}' and classifier_name = '{name}'"
        )
        unread = unread.join(
            known.set_alias("known"),
            "texts.text_id = known.text_id and texts.text_hash = known.text_hash",
            how="anti",
        )

    found = {column: [] for column in COLUMNS}
    while rows := unread.fetchmany(TEXTS_AT_ONCE):
        results = sentiment.classify_all((body, language_code) for _, _, body, language_code in rows)
        for (text_id, text_hash, _, _), result in zip(rows, results, strict=True):
            found["text_id"].append(text_id)
            found["text_hash"].append(text_hash)
            found["language_code"].append(result.language)
            found["sentiment_label"].append(result.label)
    count = len(found["text_id"])
    if not count:
        nothing = ", ".join(f"cast(null as varchar) as {column}" for column in COLUMNS)
        return session.sql(f"select {nothing} limit 0")

    import pyarrow

    found["classifier_name"] = [name] * count
    found["classifier_version"] = [release] * count
    return pyarrow.table(found, schema=pyarrow.schema([(column, pyarrow.string()) for column in COLUMNS]))
