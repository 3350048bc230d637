"""The command line: what it prints, what it says when used wrongly, how it exits."""

import sys
from datetime import date
from pathlib import Path

import duckdb
import pytest

from service_kpis import cli, project

CATALOGUE = [
    # key, English, French, abbreviations, family, unit, direction, headline variant
    (
        "csat_avg",
        "CSAT average score",
        "Score moyen de satisfaction",
        "CSAT",
        "CSAT",
        "quality",
        "score",
        "up",
        "standard",
    ),
    (
        "fcr_rate",
        "First contact resolution",
        "Résolution au premier contact",
        "FCR",
        "FCR",
        "quality",
        "percent",
        "up",
        "standard",
    ),
    (
        "first_response_time",
        "First response time",
        "Délai de première réponse",
        "FRT",
        "DPI",
        "speed",
        "minutes",
        "down",
        "business_mean",
    ),
    (
        "resolution_time",
        "Resolution time",
        "Temps de résolution",
        "ART",
        "TMR",
        "speed",
        "minutes",
        "down",
        "calendar_mean",
    ),
    (
        "ticket_volume",
        "Tickets received",
        "Volume de tickets",
        None,
        None,
        "volume",
        "count",
        "neutral",
        "standard",
    ),
    ("support_cost", "Support cost", "Coût du support", None, None, "cost", "currency", "down", "standard"),
    (
        "nps",
        "Net Promoter Score",
        "Net Promoter Score",
        "NPS",
        "NPS",
        "loyalty",
        "points",
        "up",
        "relationship",
    ),
    (
        "response_time_bands",
        "Response time bands",
        "Fourchettes de temps de réponse",
        "RTB",
        "FTR",
        "speed",
        "percent",
        "up",
        "within_1_hour",
    ),
    (
        "reopen_rate",
        "Reopen rate",
        "Taux de réouverture",
        None,
        None,
        "quality",
        "percent",
        "down",
        "standard",
    ),
    (
        "reopen_count",
        "Ticket reopens",
        "Réouvertures de tickets",
        None,
        None,
        "quality",
        "count",
        "down",
        "standard",
    ),
    ("answer_rate", "Answer rate", "Taux de décroché", None, "TDT", "voice", "percent", "up", "standard"),
]

SEPTEMBER, OCTOBER, NOVEMBER = date(2026, 9, 1), date(2026, 10, 1), date(2026, 11, 1)

VALUES = [
    # key, variant, period, value, sample, immature, small, complete, unit
    ("csat_avg", "standard", SEPTEMBER, 4.1, 210, 0, False, True, "score"),
    ("csat_avg", "standard", OCTOBER, 4.35, 190, 0, False, True, "score"),
    ("fcr_rate", "standard", SEPTEMBER, 71.25, 80, 0, True, True, "percent"),
    ("fcr_rate", "standard", OCTOBER, 69.0, 12, 30, True, True, "percent"),
    ("first_response_time", "business_mean", SEPTEMBER, 240.0, 300, 0, False, True, "minutes"),
    ("first_response_time", "business_mean", OCTOBER, 192.0, 310, 0, False, True, "minutes"),
    ("first_response_time", "business_mean", NOVEMBER, 1.0, 9, 0, True, False, "minutes"),
    ("first_response_time", "calendar_mean", OCTOBER, 999.0, 311, 0, False, True, "minutes"),
    ("resolution_time", "calendar_mean", SEPTEMBER, 4000.0, 300, 0, False, True, "minutes"),
    ("resolution_time", "calendar_mean", OCTOBER, 4380.0, 310, 0, False, True, "minutes"),
    ("ticket_volume", "standard", SEPTEMBER, 1000.0, 1000, 0, None, True, "count"),
    ("ticket_volume", "standard", OCTOBER, 1234.0, 1234, 0, None, True, "count"),
    ("support_cost", "standard", SEPTEMBER, 0.0, 900, 0, False, True, "EUR"),
    ("support_cost", "standard", OCTOBER, 12345.6, 950, 0, False, True, "EUR"),
    ("nps", "relationship", SEPTEMBER, None, 0, 0, True, True, "points"),
    ("nps", "relationship", OCTOBER, -12.5, 40, 0, False, True, "points"),
    ("response_time_bands", "within_1_hour", OCTOBER, 1.0, 7, 0, False, True, "percent"),
    ("response_time_bands", "at_once", SEPTEMBER, 40.0, 300, 0, False, True, "percent"),
    ("response_time_bands", "at_once", OCTOBER, 50.0, 310, 0, False, True, "percent"),
    ("reopen_rate", "standard", SEPTEMBER, 9.0, 60, 0, False, True, "percent"),
    ("reopen_rate", "standard", OCTOBER, None, 0, 27, None, True, "percent"),
    # A count that fell to nothing has no row.
    ("reopen_count", "standard", SEPTEMBER, 5.0, 5, 0, None, True, "count"),
]

# The changes are not those that the figures give, so that one computed on the way would show.
SCORECARD = [
    # key, variant, value, previous value, change, target, attainment, small, signal
    ("csat_avg", "standard", 4.35, 4.1, 0.27, 4.2, "met", False, "routine"),
    ("fcr_rate", "standard", 69.0, 71.25, -2.4, 70.0, "near", True, "trend_of_6"),
    ("first_response_time", "business_mean", 192.0, 240.0, -21.0, 150.0, "missed", False, "out_of_limits"),
    ("resolution_time", "calendar_mean", 4380.0, 4000.0, 9.6, 5040.0, "met", False, None),
    ("ticket_volume", "standard", 1234.0, 1000.0, 23.5, None, None, None, "run_of_8"),
    ("support_cost", "standard", 12345.6, 0.0, None, None, None, False, None),
    ("nps", "relationship", -12.5, None, None, 30.0, None, False, None),
    ("response_time_bands", "at_once", 50.0, 40.0, 10.0, None, None, False, None),
    ("reopen_rate", "standard", None, 9.0, None, 8.0, None, None, None),
    ("reopen_count", "standard", 0.0, 5.0, -100.0, None, None, None, None),
]


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "service_kpis.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema kpis")
        connection.execute(
            """
            create table kpis.kpi_catalog (
                kpi_key text, name_en text, name_fr text, abbreviation_en text, abbreviation_fr text,
                family text, unit text, good_direction text, headline_variant text
            )
            """
        )
        connection.executemany("insert into kpis.kpi_catalog values (?, ?, ?, ?, ?, ?, ?, ?, ?)", CATALOGUE)
        connection.execute(
            """
            create table kpis.kpi_values (
                kpi_key text, kpi_variant text, period_grain text, period_start_date date, dimension text,
                member text, value double, sample_count bigint, immature_count bigint,
                is_small_sample boolean, is_complete_period boolean, unit text
            )
            """
        )
        connection.executemany(
            "insert into kpis.kpi_values values (?, ?, 'month', ?, 'overall', 'all', ?, ?, ?, ?, ?, ?)",
            VALUES,
        )
        connection.execute(
            """
            create table kpis.kpi_scorecard (
                kpi_key text, kpi_variant text, period_grain text, dimension text, member text,
                period_start_date date, value double, previous_value double, change double, target double,
                attainment text, is_small_sample boolean, signal text
            )
            """
        )
        connection.executemany(
            """
            insert into kpis.kpi_scorecard
            values (?, ?, 'month', 'overall', 'all', '2026-10-01', ?, ?, ?, ?, ?, ?, ?)
            """,
            SCORECARD,
        )
        # A member's rows must not be taken for the whole.
        connection.execute(
            """
            insert into kpis.kpi_values values
                ('csat_avg', 'standard', 'month', '2026-10-01', 'channel', 'email', 1, 5, 0, true, true,
                'score')
            """
        )
        connection.execute(
            """
            insert into kpis.kpi_scorecard values
                ('csat_avg', 'standard', 'month', 'channel', 'email', '2026-10-01', 1, 2, -1, 5, 'missed',
                true, 'out_of_limits')
            """
        )
    return path


@pytest.fixture
def run(monkeypatch, capsys):
    """Calls the command line and gives its exit code, what it printed and what it complained of."""

    def call(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["service-kpis", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        captured = capsys.readouterr()
        return int(ended.value.code or 0), captured.out, captured.err

    return call


def line_of(output: str, name: str) -> str:
    (line,) = [line for line in output.splitlines() if line.strip().startswith(name)]
    return " ".join(line.split())


def test_show_prints_the_last_complete_month_beside_the_one_before(run, database):
    code, output, complaint = run("show", "--database", database)

    assert (code, complaint) == (0, "")
    assert "October 2026, compared with September 2026" in output
    assert "November" not in output
    assert line_of(output, "CSAT average") == "CSAT average score (CSAT) 4.35 4.10 ▲ +0.27 better 4.20 ✓ 190"
    assert line_of(output, "First response") == (
        "First response time (FRT, business hours) 3 h 12 min 4 h 00 min ▼ −21.0% better 2 h 30 min ✗ 310"
    )
    # 4,380 calendar minutes are 3 days and 1 hour; 4,000 are 66 h 40 min, 2 days and 19 hours when rounded.
    assert line_of(output, "Resolution time") == (
        "Resolution time (ART, calendar hours) 3 d 1 h 2 d 19 h ▲ +9.6% worse 3 d 12 h ✓ 310"
    )


def test_show_lists_the_kpis_of_a_family_as_the_catalogue_does(run, database):
    _, output, _ = run("show", "--database", database)

    names = [entry[1] for entry in CATALOGUE if entry[0] not in ("answer_rate",)]
    families = list(dict.fromkeys(entry[5] for entry in CATALOGUE))
    shown = [name for line in output.splitlines() for name in names if line.startswith(f"  {name}")]
    of_family = {entry[1]: entry[5] for entry in CATALOGUE}
    for family in families:
        wanted = [name for name in names if of_family[name] == family]
        assert [name for name in shown if of_family[name] == family] == wanted


def test_show_judges_no_change_without_a_direction_and_marks_small_samples(run, database):
    _, output, _ = run("show", "--database", database)

    assert line_of(output, "Tickets received") == "Tickets received 1,234 1,000 ▲ +23.5% 1,234"
    assert line_of(output, "First contact") in (
        "First contact resolution (FCR) 69.0%* 71.2%* ▼ −2.4 pts worse 70.0% ~ 12",
        "First contact resolution (FCR) 69.0%* 71.3%* ▼ −2.4 pts worse 70.0% ~ 12",
    )
    assert "* small sample" in output


def test_show_gives_a_dash_for_null_and_no_relative_change_from_zero(run, database):
    _, output, _ = run("show", "--database", database)

    assert (
        line_of(output, "Net Promoter") == "Net Promoter Score (NPS, relationship survey) −12.5 – – 30.0 40"
    )
    assert line_of(output, "Support cost") == "Support cost €12,346 €0.00 – 950"


def test_show_tells_what_is_not_known_yet_from_nothing_to_measure(run, database):
    _, output, _ = run("show", "--database", database)
    _, french, _ = run("show", "--database", database, "--lang", "fr")

    assert line_of(output, "Reopen rate") == "Reopen rate … 9.0% – 8.0% 0"
    assert "… pending: " in output
    assert "… en attente : " in french


def test_show_has_a_count_that_fell_to_nothing(run, database):
    _, output, _ = run("show", "--database", database)

    assert line_of(output, "Ticket reopens") == "Ticket reopens 0 5 ▼ −100.0% better 0"


def test_show_has_the_variant_of_the_scorecard(run, database):
    _, output, _ = run("show", "--database", database)

    assert line_of(output, "Response time bands") == (
        "Response time bands (RTB, at once) 50.0% 40.0% ▲ +10.0 pts better 310"
    )


@pytest.mark.parametrize(
    ("lang", "shown", "legend"),
    [
        (
            "en",
            {
                "First response": "out of limits",
                "First contact": "trend of 6",
                "Tickets received": "run of 8",
            },
            "Target: ✓ met  ~ near  ✗ missed",
        ),
        (
            "fr",
            {"Délai": "hors limites", "Résolution au": "tendance de 6", "Volume de": "série de 8"},
            "Cible : ✓ atteinte  ~ proche  ✗ manquée",
        ),
    ],
)
def test_show_puts_a_signal_under_the_change_and_explains_its_marks(run, database, lang, shown, legend):
    _, output, _ = run("show", "--database", database, "--lang", lang)

    lines = output.splitlines()
    for name, words in shown.items():
        (at,) = [row for row, line in enumerate(lines) if line.startswith(f"  {name}")]
        assert lines[at + 1].rstrip().endswith(words)
        assert sum(line.startswith(words) for line in lines) == 1, "one line of the legend"
    # Nothing else carries one, whatever a member's chart says.
    for words in shown.values():
        assert output.count(words) == 2
    assert legend in output


def test_show_explains_no_mark_that_is_not_there(run, database):
    with duckdb.connect(str(database)) as connection:
        connection.execute("update kpis.kpi_scorecard set signal = null, attainment = null, target = null")
        connection.execute("update kpis.kpi_values set immature_count = 0")

    _, output, _ = run("show", "--database", database)

    for absent in ("✓", "out of limits", "noise", "pending"):
        assert absent not in output
    assert line_of(output, "Reopen rate") == "Reopen rate – 9.0% – 0"


@pytest.mark.parametrize("lang", ["en", "fr"])
@pytest.mark.parametrize("period", ["month", "week"])
def test_show_keeps_its_figures_whole_in_100_columns(run, database, monkeypatch, lang, period):
    if period == "week":
        with duckdb.connect(str(database)) as connection:
            for table in ("kpi_values", "kpi_scorecard"):
                connection.execute(
                    f"update kpis.{table} set period_grain = 'week', "
                    "period_start_date = case when period_start_date = '2026-09-01' "
                    "then date '2026-09-24' else period_start_date end"
                )
    monkeypatch.setenv("COLUMNS", "100")

    _, output, _ = run("show", "--database", database, "--lang", lang, "--period", period)

    assert max(map(len, output.splitlines())) <= 100
    assert "3 h 12 min" in output and "2 h 30 min ✗" in output
    name = "First response time" if lang == "en" else "Délai de première réponse"
    assert name in output


def test_show_names_the_kpis_that_have_no_figures_at_all(run, database):
    _, output, _ = run("show", "--database", database)

    assert "No figure by month: Answer rate" in output
    assert "Voice" not in output


def test_show_speaks_french_with_its_comma_and_its_narrow_spaces(run, database):
    _, output, _ = run("show", "--database", database, "--lang", "fr")

    assert "octobre 2026, comparé à septembre 2026" in output
    assert "1\u202f234" in output
    assert "12\u202f346\u00a0€" in output
    assert "69,0\u202f%*" in output
    assert (
        line_of(output, "Score moyen")
        == "Score moyen de satisfaction (CSAT) 4,35 4,10 ▲ +0,27 mieux 4,20 ✓ 190"
    )
    assert "moins bien" in line_of(output, "Temps de résolution")
    assert "3 j 1 h" in output


def test_show_says_how_to_get_a_database_where_there_is_none(run, tmp_path):
    code, output, complaint = run("show", "--database", tmp_path / "none.duckdb")

    assert (code, output) == (2, "")
    assert complaint.startswith("error: no database at ")
    assert "dbt build" in complaint and "--database" in complaint
    assert complaint.count("\n") == 1


def test_show_names_the_table_that_is_missing(run, tmp_path):
    path = tmp_path / "empty.duckdb"
    duckdb.connect(str(path)).close()

    code, _, complaint = run("show", "--database", path)

    assert code == 2
    assert "kpi_scorecard" in complaint and "dbt build" in complaint
    assert complaint.count("\n") == 1


def test_show_knows_a_file_that_is_no_database(run, tmp_path):
    path = tmp_path / "notes.txt"
    path.write_text("not a database, however long this text may be " * 200)

    code, _, complaint = run("show", "--database", path)

    assert code == 2
    assert "cannot be read as a DuckDB file" in complaint


def test_show_says_which_period_has_no_figures(run, database):
    code, _, complaint = run("show", "--database", database, "--period", "week")

    assert code == 2
    assert "no figures of a complete week" in complaint


def test_show_reads_the_database_that_the_environment_names(run, database, monkeypatch):
    monkeypatch.setenv(project.DATABASE_VARIABLE, str(database))

    code, output, _ = run("show")

    assert code == 0
    assert "CSAT average score" in output


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["frobnicate"], "No such command 'frobnicate'"),
        (["load", "zendesk7"], "No such command 'zendesk7'"),
        (["show", "--period", "year"], "'year' is not one of 'week', 'month', 'quarter'"),
        (["show", "--nonsense"], "--nonsense"),
        (["generate"], "--out"),
        (["generate", "--out", "somewhere", "--tickets", "0"], "--tickets"),
    ],
)
def test_wrong_use_is_one_line_that_says_where_help_is(run, arguments, named):
    code, output, complaint = run(*arguments)

    assert (code, output) == (2, "")
    assert named in complaint
    assert "--help" in complaint
    assert complaint.count("\n") == 1


def test_without_a_command_the_help_is_printed(run):
    code, output, complaint = run()

    assert (code, complaint) == (0, "")
    for command in ("generate", "check-inputs", "show", "load"):
        assert command in output


def test_generate_refuses_a_file_in_the_place_of_its_folder(run, tmp_path):
    (tmp_path / "taken").write_text("")

    code, _, complaint = run("generate", "--out", tmp_path / "taken", "--tickets", "5")

    assert code == 2
    assert "--out takes a folder" in complaint


def test_generate_writes_the_raw_tables(run, tmp_path):
    out = tmp_path / "made up"

    code, output, _ = run("generate", "--out", out, "--tickets", "30", "--seed", "7")

    assert code == 0
    assert str(out) in output
    with (out / "raw_tickets.csv").open(encoding="utf-8") as file:
        assert sum(1 for _ in file) > 1


def test_check_inputs_wants_a_folder_that_is_there(run, tmp_path, monkeypatch):
    monkeypatch.delenv(project.RAW_PATH_VARIABLE, raising=False)

    assert "no folder to check" in run("check-inputs")[2]
    assert "no folder at" in run("check-inputs", "--raw-path", tmp_path / "none")[2]
    assert "is empty" in run("check-inputs", "--raw-path", tmp_path)[2]
    (tmp_path / "raw_tickets.csv").write_text("ticket_id\n")
    code, _, complaint = run("check-inputs", "--raw-path", tmp_path, "--vars", "[1, 2")
    assert code == 2
    assert "--vars" in complaint


def test_a_file_where_a_folder_is_to_be_made_is_one_line(run, tmp_path):
    raw = Path(__file__).parents[1] / "company" / "raw"
    (tmp_path / "out").touch()

    code, _, complaint = run("load", "spark", "--raw-path", raw, "--out", tmp_path / "out")

    assert code == 2
    assert complaint.splitlines()[-1] == (
        f"error: {tmp_path / 'out'} is there and no folder: name another place."
    )


def test_check_inputs_takes_the_folder_of_the_variable_that_a_build_takes(run, tmp_path, monkeypatch):
    monkeypatch.setenv(project.RAW_PATH_VARIABLE, str(tmp_path / "of_the_environment"))

    complaint = run("check-inputs", "--vars", f"{{raw_path: {tmp_path / 'of_the_variable'}}}")[2]

    assert str(tmp_path / "of_the_variable") in complaint


@pytest.mark.parametrize(
    ("options", "read"),
    [
        ([], "of_the_environment"),
        (["--vars", "{raw_path: /of_the_variable}"], "of_the_variable"),
        (["--vars", "{raw_schema: helpdesk}"], None),
        (["--vars", "{raw_schema: helpdesk}", "--raw-path", "/of_the_option"], "of_the_option"),
    ],
)
def test_refresh_loads_nothing_into_a_schema_unless_it_is_told_to(run, options, read, monkeypatch):
    given = []
    monkeypatch.setattr(
        "service_kpis.refresh.command.refresh_and_tell", lambda settings, **_: given.append(settings)
    )
    monkeypatch.setenv(project.RAW_PATH_VARIABLE, "/of_the_environment")

    run("refresh", "--target", "postgres", *options)

    assert [settings.raw_path and settings.raw_path.name for settings in given] == [read]


def test_an_error_of_the_system_is_one_line_too(run, monkeypatch, tmp_path):
    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied", "/locked/place")

    monkeypatch.setattr(Path, "mkdir", refuse)

    code, _, complaint = run("generate", "--out", tmp_path / "x", "--tickets", "5")

    assert code == 2
    assert "/locked/place" in complaint
    assert complaint.count("\n") == 1


def test_the_project_is_found_from_a_folder_inside_it(tmp_path):
    (tmp_path / "dbt_project.yml").write_text("name: service_kpis\n")
    inside = tmp_path / "models" / "marts"
    inside.mkdir(parents=True)

    assert project.find_project(inside) == tmp_path


def test_of_what_dbt_logs_the_reasons_remain():
    log = [
        (
            "LogModelResult",
            "3 of 9 ERROR creating sql view model staging.stg_business_hours ... [ERROR in 0.1s]",
        ),
        ("LogTestResult", "4 of 9 FAIL 2 not_null_stg_tickets_ticket_id ... [FAIL 2 in 0.1s]"),
        ("RunResultFailure", "Failure in model stg_business_hours (models/staging/stg_business_hours.sql)"),
        (
            "RunResultError",
            "  Compilation Error in model x\n  business_hours.csv, row 2: opens_at_not_a_time",
        ),
        (
            "RunResultFailure",
            "Failure in test not_null_stg_tickets_ticket_id (models/staging/stg_tickets.yml)",
        ),
        ("RunResultError", "  Got 2 results, configured to fail if != 0"),
    ]
    assert project.reasons(log) == (
        "business_hours.csv, row 2: opens_at_not_a_time",
        "Failure in test not_null_stg_tickets_ticket_id (models/staging/stg_tickets.yml): "
        "Got 2 results, configured to fail if != 0",
    )


def test_a_dbt_error_is_told_without_its_chrome():
    message = """Encountered an error:
Compilation Error in macro check_raw (macros/raw/check_raw.sql)
  raw_tickets.csv has no column created_at: add it.

  > in macro check_raw (macros/raw/check_raw.sql)
  > called by macro on_run_start
"""
    assert project.error_text(message) == "raw_tickets.csv has no column created_at: add it."
