# ruff: noqa: RUF001  (Cyrillic as it stands in published tables)
"""Read-outs of other programs: small files written here, the encodings found in the wild, and bad input."""

from __future__ import annotations

import random
from contextlib import suppress
from zoneinfo import ZoneInfo

import pytest

from client_core.game.fences import Fix
from server.formats.cards import FILE_BYTES_MAX, CardFileError, Day, Punch, bib_of, span_s
from server.formats.iof import read_courses
from server.formats.readers import READERS, format_of, read_cards

START_MS = 1_496_566_800_000  # 2017-06-04 09:00 UTC, noon in Moscow
DAY = Day(ZoneInfo("Europe/Moscow"), START_MS)

# ruff: noqa: E501
SPLITS = (
    "№ п/п,Номер,Фамилия,Имя,Г.р.,Команда,***,Результат,Место,#1,#2,#3\r\n"
    "1,301.2,Рябин,Велимир,1991,Метель,137,03:58:42,1,3:58[50],10:17[51] 6:19,\r\n"
)
SPORTORG = """{"current_race": 0, "races": [{"data": {"start_datetime": "2020-08-29 10:30:00"},
"groups": [{"id": "g", "name": "6h"}], "teams": [{"id": "t", "name": "Delta"}],
"persons": [{"id": "p", "bib": 422, "name": "A", "surname": "B", "group_id": "g", "team_id": "t", "year": 1958}],
"results": [{"person_id": "p", "start_time": 38400000, "finish_msec": 60086000, "card_number": 116,
"splits": [{"code": "30", "time": 38546000}]}]}]}"""
LOG = (
    '{"entryType": "cardRead", "controlCard": "7379879", "startTime": "2023-01-15T10:10:00+01:00", '
    '"finishTime": "2023-01-15T10:24:39+01:00", "punches": [{"controlCode": "121", '
    '"punchTime": "2023-01-15T10:12:09+01:00"}]}\n{"entryType": "cardInserted"}\n'
)
SI = (
    "Stno;Chipno;Surname;First name;YB;S;nc;Start;Finish;Short;Start punch;Finish punch;Control1;Punch1;(may be more) ...\n"
    "7;8313521;Alder;Dario;74;M;0;12:25:42;12:59:24;Green;12:25:42;12:59:24;186;2:00;189;5:33;;\n"
)
IOF = """<?xml version="1.0"?><ResultList xmlns="http://www.orienteering.org/datastandard/3.0" iofVersion="3.0">
<ClassResult><Class><Name>Green</Name></Class><PersonResult><Person sex="M"><Name><Family>Alder</Family>
<Given>Ada</Given></Name><BirthDate>1959-01-01</BirthDate></Person><Result><BibNumber>12</BibNumber>
<StartTime>2014-01-18T11:19:01</StartTime><FinishTime>2014-01-18T11:47:41+04:00</FinishTime><Status>OK</Status>
<SplitTime><ControlCode>104</ControlCode><Time>83.5</Time></SplitTime>
<SplitTime status="Missing"><ControlCode>105</ControlCode></SplitTime></Result></PersonResult></ClassResult></ResultList>"""
PUNCHES = (
    "result_id,course,name,start_local,position,status,finish_time,controls,splits_s\n"
    "2,Short Blue,Hugo Larch,2022-06-04T10:02:39,,nc,37:22,100;123,69;155;2242\n"
)
GPX = """<?xml version="1.0"?><gpx version="1.1" xmlns="http://www.topografix.com/GPX/1/1"><trk><name>Ada Alder</name><trkseg>
<trkpt lat="51.744145" lon="-0.299827"><time>2022-06-04T09:02:42Z</time></trkpt>
<trkpt lat="51.744139" lon="-0.299827"><hdop>1.5</hdop><time>2022-06-04T09:02:39</time></trkpt>
<trkpt lat="51.744100" lon="-0.299847"></trkpt>
</trkseg></trk></gpx>"""
POINTS = (
    "place,number,team,score,points,penalty,time_s,status\n1,7,Foxes,120,130,10,3600,ok\n,8,Owls,0,0,0,,did_not_start\n"
)
LEAGUE = "1;МО,ЖО;Рябин Ян, Мхова Яна;Москва,Москва;1984,199;347;23:41:56\n"
SAMPLES = {
    "splits": SPLITS,
    "sportorg": SPORTORG,
    "card-log": LOG,
    "si-csv": SI,
    "iof": IOF,
    "punch-list": PUNCHES,
    "gpx": GPX,
    "points": POINTS,
}


def codes_of(error: pytest.ExceptionInfo[CardFileError]) -> list[str]:
    return [finding.code for finding in error.value.findings]


@pytest.mark.parametrize("form", SAMPLES)
def test_a_file_is_known_by_how_it_begins(form: str) -> None:
    assert format_of(SAMPLES[form].encode(), "a") == form
    assert set(SAMPLES) == set(READERS)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1251", "utf-16"])
def test_a_split_table_reads_the_same_in_every_encoding_found_in_the_wild(encoding: str) -> None:
    text = SPLITS if encoding != "cp1251" else SPLITS.replace("№", "N")
    (card,) = read_cards(text.encode(encoding), "splits_М4Б_В.csv", DAY)
    assert (card.number, card.member, card.name, card.team_name) == (301, 2, "Велимир Рябин", "Метель")
    assert (card.birth_year, card.categories) == (1991, ("М4Б_В",))
    assert card.punches == (Punch("50", START_MS + 238_000), Punch("51", START_MS + 617_000))
    assert card.finish_ms == START_MS + 14_322_000
    assert card.where == "splits_М4Б_В.csv, row 2"


def test_sportorg_knows_members_by_the_tens_of_their_bibs_and_times_by_the_day() -> None:
    (card,) = read_cards(SPORTORG.encode(), "a.json", DAY)
    midnight = 1_598_648_400_000
    assert (card.number, card.member, card.categories, card.team_name) == (42, 2, ("6h",), "Delta")
    assert card.punches == (Punch("30", midnight + 38_546_000),)
    assert (card.start_ms, card.finish_ms) == (midnight + 38_400_000, midnight + 60_086_000)


def test_a_card_log_says_its_own_zone_and_other_entries_are_passed_over() -> None:
    (card,) = read_cards(LOG.encode(), "a.log", DAY)
    assert (card.card, card.number) == ("7379879", None)
    assert card.start_ms == 1_673_773_800_000
    assert card.punches == (Punch("121", 1_673_773_929_000),)


@pytest.mark.parametrize(("said", "competing"), [("0", True), ("", True), ("N", True), ("Y", False), ("X", False)])
def test_a_sportident_row_says_in_several_ways_who_competes(said: str, competing: bool) -> None:
    (card,) = read_cards(SI.replace(";M;0;", f";M;{said};").encode(), "a.csv", DAY)
    assert card.competing is competing


def test_a_sportident_row_may_be_longer_than_its_header() -> None:
    (card,) = read_cards(SI.encode(), "a.csv", DAY)
    start_ms = START_MS + 25 * 60_000 + 42_000
    assert (card.number, card.card, card.categories, card.start_ms) == (7, "8313521", ("Green",), start_ms)
    assert card.punches == (Punch("186", start_ms + 120_000), Punch("189", start_ms + 333_000))


def test_an_iof_result_list_gives_punches_without_those_missing() -> None:
    (card,) = read_cards(IOF.encode(), "a.xml", DAY)
    assert (card.name, card.number, card.sex, card.birth_year, card.status) == ("Ada Alder", 12, "M", 1959, "OK")
    assert card.start_ms is not None
    assert card.punches == (Punch("104", card.start_ms + 83_000),)
    assert card.finish_ms == card.start_ms + 28 * 60_000 + 40_000


def test_a_punch_list_says_who_runs_outside_the_competition() -> None:
    (card,) = read_cards(PUNCHES.encode(), "a.csv", Day(ZoneInfo("Europe/London"), 0))
    assert (card.number, card.competing, [punch.code for punch in card.punches]) == (2, False, ["100", "123"])
    assert card.finish_ms is not None
    assert card.start_ms is not None
    assert card.finish_ms - card.start_ms == 2_242_000


def test_a_punch_list_has_a_split_of_zero_where_a_control_was_not_punched() -> None:
    data = PUNCHES.replace("69;155;2242", "0;155;2242").encode()
    (card,) = read_cards(data, "a.csv", Day(ZoneInfo("Europe/London"), 0))
    assert [punch.code for punch in card.punches] == ["123"]


def test_a_track_is_its_fixes_by_time_and_points_without_a_time_are_passed_over() -> None:
    (card,) = read_cards(GPX.encode(), "tracks/12.1.gpx", DAY)
    first_ms = 1_654_333_359_000
    assert (card.number, card.member, card.name) == (12, 1, "Ada Alder")
    assert card.fixes == (
        Fix(-2_998_270, 517_441_390, 7_500, first_ms),
        Fix(-2_998_270, 517_441_450, None, first_ms + 3_000),
    )


def test_standings_of_another_program_are_points_and_times_of_those_who_have_a_place() -> None:
    (card,) = read_cards(POINTS.encode(), "a.csv", DAY)
    assert (card.number, card.member, card.name, card.points, card.finish_ms) == (
        7,
        None,
        "Foxes",
        120,
        START_MS + 3_600_000,
    )


def test_a_row_of_a_league_is_a_team_of_persons_and_has_its_points_once() -> None:
    one, two = read_cards(LEAGUE.encode(), "a.csv", DAY, "points")
    assert (one.number, one.member, one.name, one.team_name, one.birth_year) == (1, 1, "Рябин Ян", "Рябин Ян +1", 1984)
    assert (two.number, two.member, two.name, two.categories, two.birth_year) == (1, 2, "Мхова Яна", ("ЖО",), None)
    assert (one.points, two.points, two.finish_ms) == (347, None, None)


@pytest.mark.parametrize(("file", "team", "number"), [("a.gpx", "7", 7), ("12.gpx", "7", 7), ("12.gpx", None, 12)])
def test_a_track_is_of_the_team_that_is_named_or_else_of_the_one_its_file_is_named_by(
    file: str, team: str | None, number: int
) -> None:
    (card,) = read_cards(GPX.encode(), file, Day(DAY.zone, 0, team=team))
    assert (card.number, card.member) == (number, None)


@pytest.mark.parametrize(
    ("form", "old", "new", "code", "where"),
    [
        ("splits", "301.2", "x", "cell_malformed", "row 2, number"),
        ("splits", "10:17[51] 6:19", "10:97[51]", "cell_malformed", "row 2, column #2"),
        ("splits", "3:58[50]", "3:58", "cell_malformed", "row 2, column #1"),
        ("splits", "03:58:42", "soon", "cell_malformed", "row 2, result"),
        ("splits", "Номер", "Nmr", "column_missing", "row 1"),
        ("splits", "1,301.2", '1,"301.2', "file_malformed", "row"),
        ("sportorg", '"p", "start', '"q", "start', "cell_malformed", "result 0, person_id"),
        ("sportorg", "38546000", "-1", "cell_malformed", "result 0"),
        ("sportorg", '"current_race": 0', '"current_race": 3', "file_malformed", "current_race"),
        ("sportorg", "2020-08-29 10:30:00", "tomorrow", "cell_malformed", "start_datetime"),
        ("card-log", '"7379879"', "7379879", "file_malformed", "line 1"),
        ("si-csv", "5:33", "5:99", "cell_malformed", "row 2, column 16"),
        ("iof", "83.5", "soon", "cell_malformed", "line 5, SplitTime"),
        ("iof", "2014-01-18T11:19:01", "noon", "cell_malformed", "StartTime"),
        ("iof", "</ResultList>", "", "file_malformed", "line 6"),
        (
            "iof",
            '<?xml version="1.0"?>',
            '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]>',
            "xml_doctype",
            "line 1",
        ),
        ("iof", 'iofVersion="3.0"', 'iofVersion="2.0.3"', "file_unknown", ""),
        ("punch-list", "69;155;2242", "69", "cell_malformed", "row 2, splits_s"),
        ("points", ",120,", ",many,", "cell_malformed", "row 2, score"),
        ("points", ",7,", ",x,", "cell_malformed", "row 2, number"),
        ("points", ",120,", ",9999999999999,", "cell_malformed", "row 2, number or points"),
        ("gpx", 'lat="51.744145"', 'lat="151"', "cell_malformed", "line 2"),
        ("gpx", "09:02:42Z", "noon", "cell_malformed", "line 2, time"),
        ("gpx", "<trkpt", "<rtept", "file_malformed", "line 2"),
        ("punch-list", "2022-06-04T10:02:39", "ten", "cell_malformed", "row 2, result_id or start_local"),
    ],
)
def test_a_fault_says_where_it_stands(form: str, old: str, new: str, code: str, where: str) -> None:
    assert old in SAMPLES[form]
    with pytest.raises(CardFileError) as error:
        read_cards(SAMPLES[form].replace(old, new, 1).encode(), "1.gpx", DAY, form)
    assert codes_of(error) == [code]
    assert where in error.value.findings[0].where


def test_all_faults_of_a_file_are_told_at_once() -> None:
    rows = "".join(f"1,{n},a,b,,c,,soon,,3:58\n" for n in ("x", "7", "8"))
    with pytest.raises(CardFileError) as error:
        read_cards((SPLITS + rows).encode(), "a.csv", DAY)
    assert len(error.value.findings) == 5


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "file_unknown"),
        (b"\x00\x01", "file_encoding"),
        (b"\x98", "file_encoding"),
        (b"hello", "file_unknown"),
        (b"x" * (FILE_BYTES_MAX + 1), "file_too_big"),
        (b"<?xml version='1.0'?><KML/>", "file_unknown"),
        (b"<?xml version='1.0'?><gpx/>", "cell_malformed"),  # whose it is
        (b"<gpx><trk><trkseg><trkpt lat='1' lon='2'/></trkseg></trk></gpx>", "cell_malformed"),
        (b"<?xml version='1.0' encoding='nonsense'?><ResultList/>", "file_encoding"),
        (b"<?xml version='1.0'?>" + b"<a>" * 100, "file_malformed"),
    ],
)
def test_what_is_no_result_file_is_refused_in_words(data: bytes, code: str) -> None:
    with pytest.raises(CardFileError) as error:
        read_cards(data, "a", DAY)
    assert codes_of(error) == [code]


def test_a_named_encoding_that_does_not_exist_is_refused() -> None:
    with pytest.raises(CardFileError):
        read_cards(SPLITS.encode(), "a", Day(DAY.zone, 0, "klingon"))


@pytest.mark.parametrize("form", SAMPLES)
def test_damaged_bytes_are_read_or_refused_and_never_crash(form: str) -> None:
    dice = random.Random(7)
    for _ in range(300):
        data = bytearray(SAMPLES[form].encode())
        for _ in range(dice.randint(1, 8)):
            at = dice.randrange(len(data))
            data[at : at + dice.randint(0, 6)] = dice.randbytes(dice.randint(0, 4))
        with suppress(CardFileError):
            assert isinstance(read_cards(bytes(data), "1.gpx", DAY, form), tuple)


def test_the_courses_of_a_course_data_file_leave_out_start_and_finish() -> None:
    xml = b"""<CourseData iofVersion="3.0"><RaceCourseData>
    <Control><Id>31</Id><Position lng="11.5" lat="59.9"/></Control>
    <Course><Name>A</Name><CourseControl type="Start"><Control>S1</Control></CourseControl>
    <CourseControl type="Control"><Control>31</Control></CourseControl></Course>
    <ClassCourseAssignment><ClassName>M21</ClassName><CourseName>A</CourseName></ClassCourseAssignment>
    </RaceCourseData></CourseData>"""
    data = read_courses(xml, "a.xml")
    assert (data.controls[0].code, data.controls[0].lon, data.courses[0].controls) == ("31", 11.5, ("31",))
    assert data.course_by_class == {"M21": "A"}
    with pytest.raises(CardFileError):
        read_courses(xml.replace(b"59.9", b"159.9"), "a.xml")


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("3:58", 238), ("63:49", 3829), ("03:58:42", 14322), ("90", 90), ("1:60", None), ("", None), ("-1", None)],
)
def test_a_span_is_read_as_people_write_it(text: str, seconds: int | None) -> None:
    assert span_s(text) == seconds


@pytest.mark.parametrize(("text", "bib"), [("395", (395, None)), ("395.1", (395, 1)), ("a", None), ("1.234", None)])
def test_a_bib_names_a_team_and_perhaps_a_member(text: str, bib: object) -> None:
    assert bib_of(text) == bib
