"""The sentiment of texts: words, negations, languages, labelled sentences, and the dbt model."""

from __future__ import annotations

import csv
import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service_kpis import sentiment
from service_kpis.sentiment import (
    Sentiment,
    classifier_version,
    classify,
    classify_all,
    detect_language,
    detect_languages,
)

REPOSITORY = Path(__file__).resolve().parents[2]
MODEL = REPOSITORY / "models" / "intermediate" / "python" / "int_text_sentiments.py"
DATA = Path(__file__).parent / "data"

TEXTS = "text_hash varchar, body varchar, language_code varchar"


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("Merci, parfait !", "positive"),
        ("Toujours pas de réponse", "negative"),
        ("Ma box est en panne", "negative"),
        ("Je suis satisfait", "positive"),
        ("Je ne suis pas satisfait", "negative"),
        ("Je suis pas satisfait", "negative"),
        ("Je n'aime pas", "negative"),
        ("J’aime pas", "negative"),
        ("Ce n’est pas mauvais", "positive"),
        ("Je n'ai jamais été déçu", "positive"),
        ("Aucun problème", "positive"),
        ("Je n'ai rien à redire", "positive"),
        ("Un conseiller peu aimable", "negative"),
        ("Il ne marche plus", "negative"),
        ("Toujours plus agréable", "positive"),
        ("Accueil agréable, mais service catastrophique", "negative"),
        ("Remboursement reçu :)", "positive"),
        ("Colis reçu 👍", "positive"),
        ("Sans un mot 😡", "negative"),
        ("Merci de me rappeler", "neutral"),
        ("À quelle heure ouvre le standard ?", "neutral"),
        ("Ni bien ni mal", "neutral"),
    ],
)
def test_french(text: str, label: str) -> None:
    assert classify(text, "fr") == Sentiment(label, "fr")


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("Thank you, perfect!", "positive"),
        ("Still no reply", "negative"),
        ("I'm not happy", "negative"),
        ("I’m not happy", "negative"),
        ("The app doesn't work", "negative"),
        ("No problems at all", "positive"),
        ("Parcel received 👍", "positive"),
        ("Not a word 😡", "negative"),
        ("Dear support team, which security code is it?", "neutral"),
    ],
)
def test_english(text: str, label: str) -> None:
    assert classify(text, "en") == Sentiment(label, "en")


@pytest.mark.parametrize("text", [None, "", "  \n", "👍", "🙂🙂", "!!!", "12345", ":)"])
def test_a_text_without_a_letter_is_unclassified(text: str | None) -> None:
    assert classify(text) == Sentiment(None, None)
    assert classify(text, "fr") == Sentiment(None, "fr")


@pytest.mark.parametrize(
    "text",
    [
        "Das Gerät funktioniert seit gestern nicht mehr",
        "Muchas gracias por la ayuda, han sido muy amables",
        "Il servizio clienti non risponde mai",
        "De klantenservice was heel vriendelijk",
    ],
)
def test_another_language_is_unclassified(text: str) -> None:
    found = classify(text)
    assert found.label is None
    assert found.language not in sentiment.LANGUAGES


def test_the_language_given_wins() -> None:
    assert classify("Great service, thank you", "de") == Sentiment(None, "de")
    assert classify("Great service, thank you", "fr").language == "fr"


@pytest.mark.parametrize("code", ["fr", "FR", "fr-FR", "fr_CA", " fr "])
def test_a_code_may_have_a_region(code: str) -> None:
    assert classify("Très déçu", code) == Sentiment("negative", "fr")


@pytest.mark.parametrize("code", [None, "", " "])
def test_a_language_that_is_not_given_is_detected(code: str | None) -> None:
    assert classify("Le conseiller était très aimable", code) == Sentiment("positive", "fr")
    assert classify("The agent was very friendly", code) == Sentiment("positive", "en")


def test_names_and_links_do_not_tell_the_language() -> None:
    assert detect_language("@the_best_shop #customer_service https://example.com/help/contact") is None
    assert detect_language("@the_best_shop #customer_service votre colis est arrivé cassé") == "fr"


def test_a_batch_keeps_its_order_and_agrees_with_single_texts() -> None:
    pairs = [("Très déçu", "fr"), (None, None), ("Great!", "en"), ("Très déçu", "fr"), ("Très déçu", "de")]
    assert classify_all(pairs) == [classify(*pair) for pair in pairs]


def test_the_same_text_has_the_same_sentiment_in_another_process() -> None:
    code = (
        "from service_kpis.sentiment import classify, classifier_version;"
        "print(classify('Votre site est lent et plein d’erreurs'), classifier_version())"
    )
    runs = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert runs == {f"{classify('Votre site est lent et plein d’erreurs')} {classifier_version()}\n"}


def test_no_term_is_given_twice() -> None:
    with (REPOSITORY / "src/service_kpis/sentiment_terms/service_terms.csv").open(encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    terms = [(row["language"], term) for row in rows for term in row["terms"].split("|")]
    repeated = {term for term in terms if terms.count(term) > 1}
    assert not repeated
    assert all(-4 <= float(row["valence"]) <= 4 for row in rows)


@pytest.mark.parametrize(("language", "least"), [("fr", 0.85), ("en", 0.84)])
def test_the_measure_on_hand_labelled_sentences(language: str, least: float) -> None:
    with (DATA / f"sentiment_{language}.csv").open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    results = [(row["label"], classify(row["text"], language).label) for row in rows]
    assert sum(label == found for label, found in results) / len(results) >= least
    # A wrong sign is worse than none.
    opposite = sum({label, found} == {"positive", "negative"} for label, found in results)
    assert opposite / len(results) <= 0.04


# Words that VADER's rules look at, words with a valence, others, marks, capitals and emoji, in any order.
_RULE_WORDS = (
    "but", "not", "never", "so", "this", "without", "doubt", "no", "or", "nor", "least", "at", "very",
    "kind", "of", "sort", "isn't", "don’t", "really", "hardly", "fed", "up", "can't", "stand", "break",
    "a", "leg", "the", "bomb", "bad", "ass", "yeah", "right", "to", "die", "for", "bus", "stop",
    "upper", "hand", "pas", "jamais", "sans", "très", "trop", "peu", "plutôt", "rien", "ni",
)  # fmt: skip
_OTHER_WORDS = (
    "good", "great", "awful", "happy", "hate", "déçu", "parfait", "panne", "merci", "aimable", "lent",
    "répond", "box", "agent", "le", "12", ":)", ":(", "(good)", "!!", "...", "?", "😡", "👍", "❤️",
    "bad😡", "good!", "déçue,", "…",
)  # fmt: skip
_WORDS = st.sampled_from((*_RULE_WORDS, *_OTHER_WORDS)).flatmap(
    lambda word: st.sampled_from(
        (word, word, word.upper(), word.title(), f"{word}!", f"{word}?", f"({word})")
    )
)


@settings(max_examples=400, deadline=None)
@given(words=st.lists(_WORDS, max_size=12), language=st.sampled_from(sentiment.LANGUAGES))
def test_the_score_is_that_of_the_library(words: list[str], language: str) -> None:
    analyzer = {"en": sentiment._english, "fr": sentiment._french}[language]()
    text = " ".join(words)
    assert analyzer.compound(text) == analyzer.polarity_scores(text)["compound"]


@pytest.mark.parametrize("language", sentiment.LANGUAGES)
def test_the_score_is_that_of_the_library_next_to_each_rule(language: str) -> None:
    """Whatever the library has a rule for, up to three words ahead of or behind a word with a valence."""
    analyzer = {"en": sentiment._english, "fr": sentiment._french}[language]()
    phrases = {*analyzer.special_cases, *analyzer.multiword, *analyzer.idioms}
    rules = {
        *phrases,
        *analyzer.booster,
        *analyzer.negations,
        "but",
        "least",
        "at least",
        "no",
        "never so",
        "yalln't",
    }
    for valued in ("good", "bad", "kind", "no") if language == "en" else ("parfait", "lent"):
        for rule in sorted(rules):
            for other in ("box", "so", "or"):
                for text in (
                    f"{rule} {valued}",
                    f"{rule} {other} {valued}",
                    f"{rule} {other} box {valued}",
                    f"{rule} {other} box box {valued}",
                    f"{valued} {rule}",
                    f"{valued} {other} {rule} {valued}",
                ):
                    assert analyzer.compound(text) == analyzer.polarity_scores(text)["compound"], text


def test_languages_are_those_of_the_library() -> None:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    library = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    texts = ["", "?", "OK", "QUELLE HONTE", "ça va", "ђаци", "đaci uče", "日本語です", "é" * 5000, "a\ud800b"]
    for language in sentiment.LANGUAGES:
        with (DATA / f"sentiment_{language}.csv").open(encoding="utf-8", newline="") as lines:
            texts += [row["text"] for row in csv.DictReader(lines)]
    ours = sentiment._identifier().identify(texts)
    theirs = [library.classify(text) for text in texts]
    assert [language for language, _ in ours] == [language for language, _ in theirs]
    assert [likely for _, likely in ours] == pytest.approx([likely for _, likely in theirs], abs=1e-5)


def test_languages_of_a_batch_are_those_of_its_texts() -> None:
    texts = ["Très déçu du service", "12", "The parcel never came", "@shop", "", "Das Gerät ist defekt"] * 300
    assert detect_languages(texts) == [detect_language(text) for text in texts]


@pytest.fixture(scope="module")
def model() -> ModuleType:
    spec = importlib.util.spec_from_file_location("int_text_sentiments", MODEL)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Warehouse:
    """A DuckDB database in which the model runs as dbt would run it."""

    def __init__(self, model: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
        self.model = model
        self.session = duckdb.connect()
        self.session.execute(f"create table texts ({TEXTS})")
        self.is_built = False
        self.read: list[str] = []

        def classify_and_note(pairs: Any) -> Any:
            pairs = list(pairs)
            self.read.extend(body for body, _ in pairs)
            return classify_all(pairs)

        monkeypatch.setattr(sentiment, "classify_all", classify_and_note)

    def put(self, body: str, language: str | None = None) -> None:
        """A text as int_unlabelled_texts has it."""
        self.session.execute(
            """
            insert into texts
            select md5(coalesce(lang, '') || ' ' || body), body, lang from (select ? as body, ? as lang)
            """,
            [body, language],
        )

    def run(self) -> list[str]:
        """Runs the model, merges its rows by their key, and gives the texts that were read."""
        self.read.clear()
        dbt = SimpleNamespace(
            config=lambda **_: None,
            ref=lambda _: self.session.table("texts"),
            source=lambda *_: self.session.sql("select timestamp '2026-01-05' as started_at"),
            is_incremental=self.is_built,
            this="sentiments",
        )
        found = self.model.model(dbt, self.session)
        self.session.register("found", found)
        if self.is_built:
            self.session.execute("delete from sentiments where text_hash in (select text_hash from found)")
            self.session.execute("insert into sentiments select * from found")
        else:
            self.session.execute("create table sentiments as select * from found")
        self.session.unregister("found")
        self.is_built = True
        return sorted(self.read)

    def labels(self) -> dict[str, str | None]:
        """The label of each text in each language that was given for it, as `text (language)`."""
        rows = self.session.execute("""
            select body || coalesce(' (' || texts.language_code || ')', ''), sentiments.sentiment_label
            from sentiments
            inner join texts on sentiments.text_hash = texts.text_hash
        """).fetchall()
        assert len(rows) == len(dict(rows))
        return dict(rows)


@pytest.fixture
def warehouse(model: ModuleType, monkeypatch: pytest.MonkeyPatch) -> Warehouse:
    return Warehouse(model, monkeypatch)


def test_every_text_gets_its_row(warehouse: Warehouse) -> None:
    warehouse.put("Très déçu", "fr")
    warehouse.put("👍", "fr")
    warehouse.put("Sehr gut", "de")
    assert warehouse.run() == ["Sehr gut", "Très déçu", "👍"]
    assert warehouse.labels() == {"Très déçu (fr)": "negative", "👍 (fr)": None, "Sehr gut (de)": None}


def test_a_text_is_read_once(warehouse: Warehouse) -> None:
    warehouse.put("Très déçu", "fr")
    warehouse.put("👍")
    warehouse.run()
    warehouse.put("Merci beaucoup")
    assert warehouse.run() == ["Merci beaucoup"]
    assert warehouse.run() == []
    assert warehouse.labels() == {"Très déçu (fr)": "negative", "👍": None, "Merci beaucoup": "positive"}


def test_a_text_in_another_language_is_another_text(warehouse: Warehouse) -> None:
    warehouse.put("Parfait", "de")
    warehouse.run()
    warehouse.put("Parfait", "fr")
    assert warehouse.run() == ["Parfait"]
    assert warehouse.labels() == {"Parfait (de)": None, "Parfait (fr)": "positive"}


def test_a_new_version_of_the_classifier_reads_all_again(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    warehouse.put("Très déçu", "fr")
    warehouse.put("Merci beaucoup", "fr")
    warehouse.run()
    monkeypatch.setattr(sentiment, "classifier_version", lambda: "another")
    assert warehouse.run() == ["Merci beaucoup", "Très déçu"]
    versions = warehouse.session.execute("select distinct classifier_version from sentiments").fetchall()
    assert versions == [("another",)]


def test_texts_of_several_batches(warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(warehouse.model, "TEXTS_AT_ONCE", 7)
    for number in range(20):
        warehouse.put(f"Très déçu {number}", "fr")
    assert len(warehouse.run()) == 20
    assert warehouse.labels() == dict.fromkeys(
        (f"Très déçu {number} (fr)" for number in range(20)), "negative"
    )


def said_by_the_model_in_a_new_process(body: str, before: str, after: str) -> str:
    """What a process prints that runs the model on one text, or on none, between two pieces of code."""
    code = f"""
import importlib.util, sys, types
import duckdb
{before}
session = duckdb.connect()
session.execute("create table texts ({TEXTS})")
if {body!r}:
    session.execute("insert into texts values ('hash', {body!r}, null)")
spec = importlib.util.spec_from_file_location("model", r"{MODEL}")
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
dbt = types.SimpleNamespace(
    config=lambda **_: None,
    ref=lambda _: session.table("texts"),
    source=lambda *_: session.sql("select timestamp '2026-01-05' as started_at"),
    is_incremental=False,
)
found = module.model(dbt, session)
{after}
"""
    environment = {name: value for name, value in os.environ.items() if "OPENBLAS" not in name}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment
    )
    return done.stdout.strip()


def test_without_texts_to_read_nothing_heavy_is_imported() -> None:
    said = said_by_the_model_in_a_new_process(
        "",
        before="before = set(sys.modules)",
        after="""
assert found.columns == list(module.COLUMNS) and not found.fetchall()
print(sorted({"vader", "py3langid", "numpy", "pyarrow", "pandas"} & (set(sys.modules) - before)))
""",
    )
    assert said == "[]"


def test_nothing_is_taken_from_the_environment_that_dbt_goes_through_meanwhile() -> None:
    said = said_by_the_model_in_a_new_process(
        "Merci beaucoup",
        before="""
gone = []
sys.addaudithook(lambda event, args: event == "os.unsetenv" and gone.append(args))
""",
        after="print('numpy' in sys.modules, found.num_rows, gone)",
    )
    assert said == "True 1 []"


def test_labels_of_the_source_win_in_the_warehouse(build_warehouse: Any) -> None:
    database = build_warehouse(None, {}, "demo")
    with duckdb.connect(str(database), read_only=True) as connection:
        replaced = connection.execute("""
            select count(*)
            from intermediate.int_customer_texts as texts
            inner join marts.fct_customer_texts as facts on texts.text_id = facts.text_id
            where
                texts.sentiment_label is not null
                and (facts.sentiment_label <> texts.sentiment_label or facts.sentiment_source <> 'source'
                    or facts.classifier_name is not null or facts.classifier_version is not null)
        """).fetchone()
        classified = connection.execute("""
            select
                count(*) filter (where facts.sentiment_source = 'classifier'),
                count(*) filter (where facts.sentiment_label is null and texts.body is not null),
                count(*)
            from intermediate.int_customer_texts as texts
            inner join marts.fct_customer_texts as facts on texts.text_id = facts.text_id
            where texts.sentiment_label is null and trim(texts.body) <> ''
        """).fetchone()
        stored = connection.execute("""
            select distinct classifier_name, classifier_version
            from marts.fct_customer_texts
            where sentiment_source = 'classifier'
        """).fetchall()
    assert replaced == (0,)
    assert classified is not None
    assert classified[0] > 0.95 * classified[2] > 0
    assert classified[0] + classified[1] == classified[2]
    assert stored == [(sentiment.CLASSIFIER_NAME, classifier_version())]
