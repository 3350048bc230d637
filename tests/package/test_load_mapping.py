"""CSV files by mapping: the three examples, every key of the mapping file, and what its errors say."""

from collections import Counter
from pathlib import Path

import duckdb
import pytest

from service_kpis.connectors import LoadReport, load_csv
from service_kpis.connectors.csv_file import normalised_header
from service_kpis.errors import UserError

from .real_data import KIOSK_SURVEY, REPOSITORY, needs

EXAMPLES = REPOSITORY / "examples" / "mappings"
CUSTOMERS = """\
source: {{{source}}}
tables:
  raw_customers:
    columns:
      customer_id: {{{key}}}
      {more}
"""


def _rows(out: Path, table: str, columns: str = "*") -> list[tuple]:
    with duckdb.connect() as connection:
        return connection.execute(f"select {columns} from '{out / table}.parquet'").fetchall()


def _load(folder: Path, mapping: str, csv_text: str | bytes) -> LoadReport:
    (folder / "mapping.yml").write_text(mapping, encoding="utf-8")
    (folder / "file.csv").write_bytes(csv_text if isinstance(csv_text, bytes) else csv_text.encode())
    return load_csv(folder / "mapping.yml", folder / "file.csv", folder / "raw")


def _customers(
    folder: Path, csv_text: str | bytes, more: str = "", key: str = "column: id", source: str = ""
) -> LoadReport:
    return _load(folder, CUSTOMERS.format(source=source, key=key, more=more), csv_text)


# The examples


def test_a_call_centre_export_becomes_tickets_contacts_legs_and_surveys(tmp_path: Path) -> None:
    (tmp_path / "calls.csv").write_text(
        "Call Id,Agent,Date,Time,Topic,Answered (Y/N),Resolved,Speed of answer in seconds,AvgTalkDuration,"
        "Satisfaction rating\n"
        "ID0001,Diane,2021-01-01,9:12:58,Contract related,Y,Y,109,0:02:23,3\n"
        "ID0002,Joe,2021-01-01,9:31:12,Streaming,N,N,,,\n"
        "ID0003,Joe,2021-07-01,23:59:30,Streaming,Y,N,45,1:00:00,NA\n"
        "ID0004,Joe,2021-07-02,10:00:00,Streaming,maybe,N,soon,0:01:00,\n",
        encoding="utf-8",
    )
    report = load_csv(EXAMPLES / "call_center.yml", tmp_path / "calls.csv", tmp_path / "raw")
    assert (report.rows_read, dict(report.tables)) == (
        4,
        {
            "raw_tickets": 4,
            "raw_agents": 4,
            "raw_ticket_events": 1,
            "raw_contacts": 4,
            "raw_contact_legs": 2,
            "raw_survey_responses": 1,
            "raw_customers": 0,
        },
    )
    assert _rows(tmp_path / "raw", "raw_tickets", "ticket_id, topic, status, assignee_id, created_at")[
        :3
    ] == [
        (
            "ID0001",
            "Contract related",
            "solved",
            "Diane",
            "2021-01-01T14:12:58Z",
        ),  # New York: UTC-5 in winter
        ("ID0002", "Streaming", "open", "Joe", "2021-01-01T14:31:12Z"),
        ("ID0003", "Streaming", "open", "Joe", "2021-07-02T03:59:30Z"),  # UTC-4 in summer, and another day
    ]
    assert _rows(
        tmp_path / "raw", "raw_contacts", "contact_id, offered_at, answered_at, ended_at, outcome"
    ) == [
        ("ID0001", "2021-01-01T14:12:58Z", "2021-01-01T14:14:47Z", "2021-01-01T14:17:10Z", "answered"),
        ("ID0002", "2021-01-01T14:31:12Z", None, None, "abandoned"),
        ("ID0003", "2021-07-02T03:59:30Z", "2021-07-02T04:00:15Z", "2021-07-02T05:00:15Z", "answered"),
        (
            "ID0004",
            "2021-07-02T14:00:00Z",
            "2021-07-02 10:00:00 + soon s",
            "2021-07-02 10:00:00 + soon s + 0:01:00 s",
            "maybe",
        ),
    ]
    assert _rows(tmp_path / "raw", "raw_contact_legs", "leg_id, talk_seconds") == [
        ("ID0001-1", "143.0"),
        ("ID0003-1", "3600.0"),
    ]
    assert _rows(tmp_path / "raw", "raw_survey_responses", "response_id, ticket_id, score, answered_at") == [
        ("ID0001-csat", "ID0001", "3", "2021-01-01T14:17:10Z")
    ]
    # What could not be translated or read is kept for the warehouse to reject, and said.
    assert [note.split(";")[0] for note in report.notes] == [
        "raw_contacts.answered_at: 1 row(s) hold a value not written as %Y-%m-%d %H:%M:%S: "
        "'2021-07-02 10:00:00 + soon s' (1)",
        "raw_contacts.ended_at: 1 row(s) hold a value not written as %Y-%m-%d %H:%M:%S: "
        "'2021-07-02 10:00:00 + soon s + 0:01:00 s' (1)",
        "raw_contacts.outcome: 1 row(s) hold a value without a translation in "
        "tables.raw_contacts.columns.outcome.map: 'maybe' (1)",
    ]
    assert "           2  raw_contact_legs (2 left out by its filter)" in report.lines()


def test_a_survey_on_0_to_10_loses_its_codes_beyond_the_scale_but_not_the_answer(tmp_path: Path) -> None:
    (tmp_path / "survey.csv").write_bytes(
        "Kundennummer;Datum;Weiterempfehlung (0-10);Gewicht;Kommentar\r\n"
        "4711;31.01.2024 09:15;9;1,25;schön\r\n"
        "4712;31.07.2024 09:15;98;1;weiß nicht\r\n"
        '4713;01.02.2024 00:00;0;1;"zwei\r\nZeilen; und Semikolon"\r\n'
        "4714;32.01.2024 09:15;99;1;\r\n".encode("cp1252")
    )
    report = load_csv(EXAMPLES / "nps_survey.yml", tmp_path / "survey.csv", tmp_path / "raw")
    columns = "response_id, survey_type, customer_id, answered_at, score, comment"
    assert _rows(tmp_path / "raw", "raw_survey_responses", columns) == [
        ("nps-2024-1", "nps", "4711", "2024-01-31T08:15:00Z", "9", "schön"),
        ("nps-2024-2", "nps", "4712", "2024-07-31T07:15:00Z", None, "weiß nicht"),
        ("nps-2024-3", "nps", "4713", "2024-01-31T23:00:00Z", "0", "zwei\r\nZeilen; und Semikolon"),
        ("nps-2024-4", "nps", "4714", "32.01.2024 09:15", None, None),
    ]
    assert len(report.notes) == 1
    assert (
        "answered_at: 1 row(s) hold a value not written as %d.%m.%Y %H:%M: '32.01.2024 09:15' (1)"
        in report.notes[0]
    )


def test_a_wide_survey_gets_a_row_per_respondent_and_item_whatever_the_order_of_its_columns(
    tmp_path: Path,
) -> None:
    csv_text = (
        '1-1. 키오스크는 정확,"1-1. 색감, 효과\n등은 (기대 설문)",1-2. 색감 (인지 설문),'
        "9-1.시간 (기대 설문),9-2. 시간 (인지 설문),8-1. 선택 (기대 설문),8-2. 선택 (인지 설문),"
        "1. 키오스크를 통해 원하는 서비스를 제공 받아 매우 만족한다.\n"
        "당연하다.,7,6,5,4,3,2,5\n"
        "당연하다.,,,,,,,\n"
        "당연하다.,1,,2,3,4,5,\n"
    )
    (tmp_path / "kiosk.csv").write_text("\ufeff" + csv_text, encoding="utf-8")
    report = load_csv(EXAMPLES / "servqual_kiosk.yml", tmp_path / "kiosk.csv", tmp_path / "raw")
    assert _rows(
        tmp_path / "raw", "raw_servqual_answers", "answer_id, dimension, item, expectation, perception"
    ) == [
        ("kiosk-1-1", "reliability", "1", "7", "6"),
        ("kiosk-1-9", "control", "9", "5", "4"),
        ("kiosk-1-8", "control", "8", "3", "2"),
        ("kiosk-3-1", "reliability", "1", "1", None),
        ("kiosk-3-9", "control", "9", "2", "3"),
        ("kiosk-3-8", "control", "8", "4", "5"),
    ]
    assert set(_rows(tmp_path / "raw", "raw_servqual_answers", "answered_at, scale_min, scale_max")) == {
        ("2019-09-08T03:00:00Z", "1", "7")
    }
    assert _rows(tmp_path / "raw", "raw_survey_responses", "response_id, score") == [("kiosk-1", "5")]
    assert (report.rows_read, dict(report.filtered)) == (
        3,
        {"raw_servqual_answers": 3, "raw_survey_responses": 2},
    )


@needs(KIOSK_SURVEY)
def test_the_kiosk_survey_of_2019_gives_its_gap(tmp_path: Path) -> None:
    report = load_csv(EXAMPLES / "servqual_kiosk.yml", KIOSK_SURVEY, tmp_path)
    assert report.rows_read == 211
    assert {table: rows for table, rows in report.tables.items() if rows} == {
        "raw_servqual_answers": 207 * 24,
        "raw_survey_responses": 207,
    }
    assert report.filtered == {"raw_servqual_answers": 4 * 24, "raw_survey_responses": 4}
    assert report.notes == ()
    (means,) = _rows(
        tmp_path,
        "raw_servqual_answers",
        "round(avg(cast(expectation as int)), 3), round(avg(cast(perception as int)), 3), "
        "round(avg(cast(perception as int) - cast(expectation as int)), 3), count(distinct dimension)",
    )
    assert means == (5.974, 4.872, -1.102, 8)
    dimensions = Counter(
        dimension for dimension, _ in set(_rows(tmp_path, "raw_servqual_answers", "dimension, item"))
    )
    assert set(dimensions.values()) == {3}


# The keys


def test_headers_are_found_whatever_their_blanks_and_line_breaks(tmp_path: Path) -> None:
    assert normalised_header("\ufeff First\r\n  name,\tplease ") == "First name, please"
    _customers(tmp_path, 'id,"Country\n  code, ISO"\n1,FR\n', "country_code: 'Country code, ISO'")
    assert _rows(tmp_path / "raw", "raw_customers") == [("1", "FR")]


def test_empty_and_repeated_headers_have_names_of_their_own(tmp_path: Path) -> None:
    more = "language_code: column 2\n      country_code: code (2)\n      customer_segment: Code"
    _customers(tmp_path, "id,,Code,code\n1,a,b,c\n", more)
    assert _rows(tmp_path / "raw", "raw_customers", "language_code, country_code, customer_segment") == [
        ("a", "c", "b")
    ]


def test_null_markers_count_everywhere_and_null_if_in_its_column(tmp_path: Path) -> None:
    _customers(
        tmp_path,
        "id,a,b\n1,NA,-\n2,x,NA\n3, - ,y\n",
        "country_code: {column: a, null_if: '-'}\n      language_code: b",
        source="null_values: [NA, '?']",
    )
    assert _rows(tmp_path / "raw", "raw_customers") == [("1", None, "-"), ("2", "x", None), ("3", None, "y")]


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        ("{column: a, map: {Yes: y, No: n}}", ["y", "n", "other", None]),
        ("{column: a, map: {Yes: y, No: n}, default: z}", ["y", "n", "z", None]),
        ("{column: a, map: {Yes: y, '': e}, default: ''}", ["y", None, None, "e"]),
        ("{text: '{row_number}/{a}'}", ["1/Yes", "2/No", "3/other", None]),
        ("{value: 2024-01-31}", ["2024-01-31"] * 4),
        ("{value: ''}", [None] * 4),
        ("{sql: 'upper(a) -- a comment'}", ["YES", "NO", "OTHER", None]),
    ],
)
def test_a_value_comes_from_a_column_a_text_a_constant_or_sql(
    tmp_path: Path, column: str, expected: list
) -> None:
    _customers(tmp_path, "id,a\n1,Yes\n2,No\n3,other\n4,\n", f"customer_segment: {column}")
    assert [value for (value,) in _rows(tmp_path / "raw", "raw_customers", "customer_segment")] == expected


@pytest.mark.parametrize(
    ("given", "rules", "expected"),
    [
        ("2024-07-01 10:00", "", "2024-07-01T08:00:00Z"),
        ("2024-07-01", "", "2024-06-30T22:00:00Z"),
        ("2024-07-01T10:00:00.250", "", "2024-07-01T08:00:00.25Z"),
        ("2024-07-01T10:00:00+09:00", "", "2024-07-01T01:00:00Z"),
        ("2024-07-01T10:00:00Z", "", "2024-07-01T10:00:00Z"),
        ("next week", "", "next week"),
        ("07/01/24 10:05 PM", ", format: '%m/%d/%y %I:%M %p'", "2024-07-01T20:05:00Z"),
        ("01.07.2024 10:00 +0900", ", format: '%d.%m.%Y %H:%M %z'", "2024-07-01T01:00:00Z"),
        (
            "2024-10-27 01:30",
            ", plus_seconds: s",
            "2024-10-27T00:30:00Z",
        ),  # an hour on the clock, over the change
        ("", "", None),
    ],
)
def test_an_instant_becomes_utc_or_stays_what_it_was(
    tmp_path: Path, given: str, rules: str, expected: str
) -> None:
    _customers(
        tmp_path,
        f"id,at,s\n1,{given},3600\n",
        f"created_at: {{column: at{rules}}}",
        source="timezone: Europe/Paris",
    )
    assert _rows(tmp_path / "raw", "raw_customers", "created_at") == [(expected,)]


@pytest.mark.parametrize(
    ("added", "expected"),
    [
        ("90", "2024-01-31T09:01:30Z"),
        ("1.5", "2024-01-31T09:00:01.5Z"),
        ("2:03", "2024-01-31T09:02:03Z"),
        ("1:00:01", "2024-01-31T10:00:01Z"),
        ("", None),
        ("x", "2024-01-31 09:00 + x s"),
    ],
)
def test_seconds_are_added_to_an_instant(tmp_path: Path, added: str, expected: str | None) -> None:
    _customers(
        tmp_path, f"id,at,s\n1,2024-01-31 09:00,{added}\n", "created_at: {column: at, plus_seconds: s}"
    )
    assert _rows(tmp_path / "raw", "raw_customers", "created_at") == [(expected,)]


def test_numbers_and_dates_are_read_in_their_formats(tmp_path: Path) -> None:
    mapping = """
      tables:
        raw_costs:
          columns:
            cost_id: {text: 'c{row_number}'}
            cost_month: {column: month, format: '%m/%Y'}
            cost_category: {value: salaries}
            amount: {column: amount, format: '1.234,56'}
            currency_code: {value: EUR}
    """
    report = _load(tmp_path, mapping, 'month,amount\n03/2024,"1.234,50"\n2024,"-7,5"\n')
    assert _rows(tmp_path / "raw", "raw_costs", "cost_month, amount") == [
        ("2024-03-01", "1234.50"),
        ("2024", "-7.5"),
    ]
    assert report.notes[:1] == (
        "raw_costs.cost_month: 1 row(s) hold a value not written as %m/%Y: '2024' (1); kept as it is, "
        "for the warehouse to judge",
    )


def test_rows_keep_the_order_of_the_file_and_their_number(tmp_path: Path) -> None:
    count = 150_000  # more than one thread reads at a time
    _customers(
        tmp_path,
        "id\n" + "\n".join(f"c{number}" for number in range(1, count + 1)) + "\n",
        "customer_segment: row_number",
    )
    assert _rows(tmp_path / "raw", "raw_customers") == [
        (f"c{number}", str(number)) for number in range(1, count + 1)
    ]


def test_lines_above_the_header_are_skipped(tmp_path: Path) -> None:
    _customers(tmp_path, "Report of today\n\nid\tx\n1\ta\n", source='skip_rows: 2, delimiter: "\\t"')
    assert _rows(tmp_path / "raw", "raw_customers") == [("1",)]


def test_an_unpivot_without_a_value_group_has_one_column_called_value(tmp_path: Path) -> None:
    mapping = r"""
      tables:
        raw_costs:
          unpivot: {headers: '^(?P<month>\d{4}-\d{2})$'}
          where: value is not null
          columns:
            cost_id: {text: '{category}-{month}'}
            cost_month: {text: '{month}-01'}
            cost_category: category
            amount: value
            currency_code: {value: EUR}
    """
    _load(tmp_path, mapping, "category,2024-01,2024-02\nsalaries,100,110\nsoftware,,7\n")
    assert _rows(tmp_path / "raw", "raw_costs", "cost_id, cost_month, amount") == [
        ("salaries-2024-01", "2024-01-01", "100"),
        ("salaries-2024-02", "2024-02-01", "110"),
        ("software-2024-02", "2024-02-01", "7"),
    ]


def test_an_empty_table_is_made_where_there_is_none_and_what_a_build_still_misses_is_said(
    tmp_path: Path,
) -> None:
    raw = tmp_path / "raw"
    report = _customers(tmp_path, "id\n1\n", "country_code: {value: FR}\n  raw_agents: empty")
    assert report.tables == {"raw_customers": 1, "raw_agents": 0}
    assert _rows(raw, "raw_agents", "agent_id") == []
    (note,) = report.notes
    assert note.startswith(f"raw_tickets, raw_ticket_events: not in {raw} yet, and a build needs them")
    # One that is there stays.
    (raw / "raw_tickets.csv").touch()
    mapping = """
      tables:
        raw_agents: {columns: {agent_id: id, agent_kind: {value: human}}}
        raw_customers: empty
        raw_tickets: empty
        raw_ticket_events: empty
    """
    report = _load(tmp_path, mapping, "id\n7\n")
    assert (report.tables, report.notes) == ({"raw_agents": 1, "raw_ticket_events": 0}, ())
    assert _rows(raw, "raw_customers", "customer_id") == [("1",)]
    assert not (raw / "raw_tickets.parquet").exists()


def test_a_mapping_reaches_no_other_file(tmp_path: Path) -> None:
    (tmp_path / "secret.csv").write_text("a\nsecret\n", encoding="utf-8")
    with pytest.raises(UserError, match="file system operations are disabled"):
        _customers(
            tmp_path,
            "id\n1\n",
            f"customer_segment: {{sql: \"(select a from read_csv('{tmp_path}/secret.csv'))\"}}",
        )


def test_a_failed_load_leaves_what_was_there(tmp_path: Path) -> None:
    _customers(tmp_path, "id\n1\n")
    with pytest.raises(UserError):
        _customers(tmp_path, "id\n2\n", "customer_segment: {sql: cast(id || 'x' as int)}")
    assert _rows(tmp_path / "raw", "raw_customers") == [("1",)]
    assert [file.name for file in (tmp_path / "raw").iterdir()] == ["raw_customers.parquet"]


# The errors

TABLES = "tables: {raw_customers: {columns: {customer_id: id}}}"


@pytest.mark.parametrize(
    ("mapping", "message"),
    [
        ("tables: [", "mapping.yml is not valid YAML: "),
        ("a: 1\na: 2", "mapping.yml is not valid YAML: 'a' is there twice"),
        ("table: {}", "mapping.yml: the file: 'table' is not known here; did you mean tables?"),
        ("tables: {}", "mapping.yml: tables: fills no raw table"),
        (
            "tables: {raw_customer: {}}",
            "mapping.yml: tables: 'raw_customer' is not known here; did you mean raw_customers?",
        ),
        (
            "tables: {raw_customers: {columns: {customer_id: id, county_code: id}}}",
            "tables.raw_customers.columns: 'county_code' is not known here; did you mean country_code?",
        ),
        (
            "tables: {raw_customers: {columns: {country_code: id}}}",
            "mapping.yml: tables.raw_customers.columns: customer_id must be mapped",
        ),
        (
            "tables: {raw_customers: {columns: {customer_id: {colum: id}}}}",
            "columns.customer_id: 'colum' is not known here; did you mean column?",
        ),
        (
            "tables: {raw_customers: {columns: {customer_id: {column: id, value: x}}}}",
            "columns.customer_id: must have exactly one of column, text, value, sql; it has 2.",
        ),
        (
            "tables: {raw_customers: {columns: {customer_id: Id}}}",
            "columns.customer_id.column: the file has no column 'Id'; did you mean id?",
        ),
        (
            "tables: {raw_customers: {columns: {customer_id: {text: 'x{nr}'}}}}",
            "columns.customer_id.text: the file has no column 'nr'; known are row_number, id, at.",
        ),
        (
            "tables: {raw_customers: {columns: {customer_id: {sql: nr}}}}",
            'columns.customer_id.sql: Binder Error: Referenced column "nr" not found',
        ),
        (
            "tables: {raw_customers: {where: nr > 1, columns: {customer_id: id}}}",
            'tables.raw_customers.where: Binder Error: Referenced column "nr" not found',
        ),
        (
            "tables: {raw_customers: {columns: {customer_id: {column: id, default: x}}}}",
            "columns.customer_id.default: is what the values without a translation become: it needs a map.",
        ),
        (
            "tables: {raw_customers: {columns: {customer_id: {column: id, map: [a]}}}}",
            "columns.customer_id.map: must be pairs of texts, such as {Y: answered, N: abandoned}.",
        ),
        (
            "tables: {raw_customers: {columns: {customer_id: {column: id, format: '%d'}}}}",
            "columns.customer_id.format: customer_id is neither a date, an instant nor a number",
        ),
        (
            "tables: {raw_customers: {columns: {customer_id: id, created_at: {column: at, format: d/m/y}}}}",
            "columns.created_at.format: 'd/m/y' has no date parts; an example is %d/%m/%Y %H:%M.",
        ),
        (
            "tables: {raw_customers: {columns: {customer_id: {column: id, plus_seconds: at}}}}",
            "columns.customer_id.plus_seconds: adds to an instant, and customer_id is none.",
        ),
        (
            "tables: {raw_customers: {columns: {customer_id: id, created_at: {value: x, plus_seconds: s}}}}",
            "columns.created_at.plus_seconds: the file has no column 's'",
        ),
        (
            "tables: {raw_customers: {unpivot: {headers: '('}, columns: {customer_id: id}}}",
            "unpivot.headers: is no regular expression",
        ),
        (
            "tables: {raw_customers: {unpivot: {headers: 'id'}, columns: {customer_id: id}}}",
            "unpivot.headers: needs a named group that tells the rows apart",
        ),
        (
            r"tables: {raw_customers: {unpivot: {headers: '^(?P<n>\d)$'}, columns: {customer_id: id}}}",
            "unpivot.headers: matches none of the 2 headers of the file.",
        ),
        (
            "tables: {raw_customers: {unpivot: {headers: '^(?P<at>.)'}, columns: {customer_id: id}}}",
            "unpivot: 'at' is a column of the file already",
        ),
        (
            f"source: {{timezone: Europe/Pari}}\n{TABLES}",
            "source.timezone: 'Europe/Pari' is no IANA time zone",
        ),
        (f"source: {{encoding: utf-9}}\n{TABLES}", "source.encoding: 'utf-9' is not known"),
        (f"source: {{delimiter: ';;'}}\n{TABLES}", "source.delimiter: must be one character, not ';;'"),
        (
            f"source: {{skip_rows: some}}\n{TABLES}",
            "source.skip_rows: must be a number of lines, not 'some'.",
        ),
        (
            f"source: {{delimiter: ';'}}\n{TABLES}",
            "the file has no column 'id'; known are row_number, id,at.",
        ),
    ],
)
def test_a_mistake_in_the_mapping_is_named_in_one_line(tmp_path: Path, mapping: str, message: str) -> None:
    with pytest.raises(UserError) as raised:
        _load(tmp_path, mapping, "id,at\n1,2024-01-01\n")
    assert message in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("headers", "message"),
    [
        ("1-a,1-b,2-a", "finds no b for {'item': '2'}."),
        ("1-a,1-a ,1-b", "finds no"),
        ("1-a,01-a", None),
    ],
)
def test_an_unpivot_wants_each_value_of_each_item_once(
    tmp_path: Path, headers: str, message: str | None
) -> None:
    mapping = r"""
      tables:
        raw_customers:
          unpivot: {headers: '^(?P<item>\d+)-(?P<value>\w)'}
          columns: {customer_id: item}
    """
    if message == "finds no":  # the same item and value twice: the second header is another column
        message = "both are a of {'item': '1'}."
    if message is None:
        assert _load(tmp_path, mapping, f"{headers}\n1,2\n").tables == {"raw_customers": 2}
        return
    with pytest.raises(UserError) as raised:
        _load(tmp_path, mapping, f"{headers}\n1,2,3\n")
    assert message in str(raised.value)


@pytest.mark.parametrize(
    ("csv_text", "message"),
    [
        (b"", "file.csv has no header row; check source.skip_rows of the mapping."),
        (
            "id\nn\xe9\n".encode("latin-1"),
            "name its encoding in the mapping, source.encoding, such as cp1252.",
        ),
        (b"id,at\n1,2\n3,4,5\n", "file.csv cannot be read: "),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_with_its_reason(
    tmp_path: Path, csv_text: bytes, message: str
) -> None:
    with pytest.raises(UserError) as raised:
        _customers(tmp_path, csv_text)
    assert message in str(raised.value)


def test_a_missing_mapping_or_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"none\.yml does not exist; --mapping takes a YAML file"):
        load_csv(tmp_path / "none.yml", tmp_path / "file.csv", tmp_path / "raw")
    with pytest.raises(UserError, match=r"none\.csv does not exist; --from takes the CSV file"):
        load_csv(EXAMPLES / "nps_survey.yml", tmp_path / "none.csv", tmp_path / "raw")
