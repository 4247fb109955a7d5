"""Log lines: one a happening, as text or JSON, and no secret in them."""

import io
import json
import logging
import time
from collections.abc import Iterator

import pytest

from ledger_indexer import log_lines
from ledger_indexer.log_lines import Redaction, about, secrets_of

KEY = "0x" + "5a" * 32
SECRETS = [KEY, "pa55-w0rd", "metrics-token-0123456789"]


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    """Where lines go; the loggers are as they were afterwards."""
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    yield io.StringIO()
    root.handlers[:] = before
    root.setLevel(level)


@pytest.mark.parametrize("form", log_lines.FORMS)
@pytest.mark.parametrize(
    ("said", "secret"),
    [
        (f"signed with {KEY}", KEY[2:]),
        (f"signed with {KEY[2:].upper()}", KEY[2:].upper()),
        ("connecting to postgresql://me:other-word@db.test/one", "other-word"),
        ("the node at https://user@node.test/v2 is away", "user@"),
        ("GET https://node.test/rpc?apikey=abcdef123 failed", "abcdef123"),
        ("POST http://web.test/login?next=/orders&name=li", "next="),
        ("Authorization: Bearer abc.def-123", "abc.def-123"),
        ("authorization: basic dXNlcjpwdw==", "dXNlcjpwdw"),
        ("password=correct-horse&name=li", "correct-horse"),
        ('{"password": "correct-horse"}', "correct-horse"),
        ("cookie: jiulian_session=3q2-7w", "3q2-7w"),
        ("session_token='3q2-7w'", "3q2-7w"),
        ("DETAIL:  Key (token)=(3q2-7w) already exists.", "3q2-7w"),
        ('DETAIL:  Key (party)=(0690) is not present in table "party".', "0690"),
        ("the word pa55-w0rd alone", "pa55-w0rd"),
        ("x\nDETAIL:  Failing row contains (1, 3q2-7w, null).", "3q2-7w"),
        ("x\nDETAIL:  Failing row contains (1, a note\n\nin two parts, 3q2-7w, null).", "3q2-7w"),
        ("x\nDETAIL:  Array element 3q2-7w must be defined.\nHINT:  Say less.", "3q2-7w"),
        ('x\nHINT:  Perhaps you meant "3q2-7w".', "3q2-7w"),
        ('x\nCONTEXT:  COPY scan, line 7, column note: "3q2-7w"', "3q2-7w"),
        ("x\nCONTEXT:  unnamed portal with parameters: $1 = '3q2-7w'", "3q2-7w"),
        ("PARAMETERS:  $1 = '3q2-7w'", "3q2-7w"),
        ("x\nQUERY:  select '3q2-7w'", "3q2-7w"),
        ("x\nLINE 1: select '3q2-7w'\n               ^", "3q2-7w"),
        ("x\n详细信息:  失败, 行包含(1, 3q2-7w, null).", "3q2-7w"),
        ('x\n描述:  键值"(token)=(3q2-7w)" 已经存在', "3q2-7w"),
        ("x\n[SQL: insert into t values (%(a)s)]\n[parameters: {'a': '3q2-7w'}]\n(Background on this error)", "3q2-7w"),
        ("x\n[parameters: [{'a': 'b]\\n'}, {'a': '3q2-7w'}]]", "3q2-7w"),
        ("[generated in 0.00012s] {'a': '3q2-7w'}", "3q2-7w"),
        ("[cached since 1.2s ago] ('3q2-7w',)", "3q2-7w"),
        ('psycopg.errors.InvalidTextRepresentation: invalid input syntax for type uuid: "3q2-7w"', "3q2-7w"),
        ('(psycopg.errors.NumericValueOutOfRange) value "3q2-7w" is out of range for type integer', "3q2-7w"),
        (
            '(psycopg.errors.InvalidTextRepresentation) invalid uuid: "first\n3q2-7w second"\nCONTEXT:  x',
            "3q2-7w",
        ),
        ('psycopg.errors.InvalidTextRepresentation: invalid syntax for type uuid: "first\n\n3q2-7w', "3q2-7w"),
        ("(psycopg.errors.RaiseException) row of 3q2-7w may not change\n[SQL: x]", "3q2-7w"),
        ("psycopg.errors.RaiseException: row of\n3q2-7w", "3q2-7w"),
        ("psycopg.errors.CheckViolation: x\nDETALLE:  La fila es (690, 3q2-7w)", "3q2-7w"),
        ('password: "two 3q2-7w"', "3q2-7w"),
        ("password='two 3q2-7w'", "3q2-7w"),
        ('password: "two\n3q2-7w" and on', "3q2-7w"),
        ('{"token": "a \\"quoted\\" 3q2-7w"}', "3q2-7w"),
        ('{"body": "{\\"password\\": \\"two 3q2-7w\\"}"}', "3q2-7w"),
        ('secret: "never closed 3q2-7w', "3q2-7w"),
        ("cookie: lang=zh; jiulian_session=3q2-7w", "3q2-7w"),
        ("https://user:pa/ss/3q2-7w@host/x", "3q2-7w"),
        ("https://user:p@3q2-7w?#@host/x", "3q2-7w"),
        ('(psycopg.errors.InvalidDatetimeFormat) invalid input syntax: "a "3q2-7w" b"', "3q2-7w"),
    ],
)
def test_what_is_or_looks_like_a_secret_is_left_out(stream: io.StringIO, form: str, said: str, secret: str) -> None:
    log_lines.set_up(form, SECRETS, stream)
    logging.getLogger("any").warning("%s", said)
    logging.getLogger("any").warning("a fact", extra={"fact": said})
    try:
        raise ValueError(said)
    except ValueError:
        logging.getLogger("any").exception("it failed")
    assert stream.getvalue().count(log_lines.HIDDEN) >= 3
    assert secret not in stream.getvalue()


@pytest.mark.parametrize(
    "said",
    [
        "block 12 at 0x" + "ab" * 32,
        "bundle records waits: the node at http://127.0.0.1:8545 does not answer",
        "evidence ni:///sha-256;" + "cd" * 32,
        "the token is wrong",
        "following from block 7",
        'psycopg.errors.UniqueViolation: duplicate key value violates unique constraint "uq_intent_key_alive"',
        'psycopg.errors.UndefinedTable: relation "mirror.block" does not exist',
        '{"token_kind": 3, "said": "a b"}',
        "GET https://node.test:8545/v2 by li@jiulian.test",
        '(psycopg.errors.UniqueViolation) duplicate key of "uq_x"\n[SQL: insert]\n(Background on this error)',
        "the detail: nothing to bundle, in the context of lane 2",
    ],
)
def test_what_is_no_secret_stays(said: str) -> None:
    assert Redaction(SECRETS)(said) == said


def test_secrets_of_an_address_are_its_password_and_a_hosted_node_s_key() -> None:
    assert secrets_of("postgresql://me:p%40ss-word@db.test/one") == ["p%40ss-word", "p@ss-word"]
    assert secrets_of("https://node.test/v2/0123456789abcdef0123") == ["0123456789abcdef0123"]
    assert secrets_of("wss://node.test/v2/0123456789abcdef0123") == ["0123456789abcdef0123"]
    assert secrets_of("http://127.0.0.1:8545") == []
    assert secrets_of(None) == []


def test_a_short_word_is_not_hidden_in_the_middle_of_others() -> None:
    assert Redaction(["a", ""])("a banana") == "a banana"


def test_json_is_one_object_a_line_with_its_facts(stream: io.StringIO) -> None:
    log_lines.set_up("json", (), stream)
    with about(request="r1"):
        logging.getLogger("one").info("said\nin two lines", extra={"status": 200, "route": "/a"})
    logging.getLogger("two").info("later")
    first, second = (json.loads(line) for line in stream.getvalue().splitlines())
    assert first["message"] == "said\nin two lines"
    assert (first["request"], first["status"], first["route"], first["level"]) == ("r1", 200, "/a", "info")
    assert first["at"].endswith("+00:00")
    assert "request" not in second


def test_what_is_left_out_of_a_message_takes_no_fact_with_it(stream: io.StringIO) -> None:
    log_lines.set_up("text", (), stream)
    logging.getLogger("one").info("x\nDETAIL:  3q2-7w", extra={"status": 503})
    assert stream.getvalue().rstrip().endswith(f"DETAIL: {log_lines.HIDDEN} status=503")


def test_what_followed_a_database_s_complaint_is_still_told(stream: io.StringIO) -> None:
    log_lines.set_up("json", (), stream)
    try:
        try:
            raise KeyError("x\nDETAIL:  3q2-7w\n[SQL: insert into t values (%(a)s)]\n(Background on this error at: it)")
        except KeyError as error:
            raise ValueError("the order was not taken") from error
    except ValueError:
        logging.getLogger("one").exception("it failed")
    assert "the order was not taken" in stream.getvalue()


def test_nobody_writes_a_line_of_his_own_into_the_text(stream: io.StringIO) -> None:
    log_lines.set_up("text", (), stream)
    logging.getLogger("one").info("said\n2026-01-01 ERROR forged", extra={"fact": "a\r\nb"})
    assert len(stream.getvalue().splitlines()) == 1


def test_a_sentence_for_a_person_has_no_secret_either(stream: io.StringIO) -> None:
    log_lines.set_up("text", SECRETS, stream)
    told = log_lines.plain(ValueError("the node at https://node.test/v2/metrics-token-0123456789 is on chain 5"))
    assert told == f"the node at https://node.test/v2/{log_lines.HIDDEN} is on chain 5"
    log_lines.hide(())


@pytest.mark.parametrize(
    "piece",
    [
        "://",
        ")=(",
        "DETAIL: ",
        "\nDETAIL:  x",
        "[parameters: ",
        "[cached] ",
        'psycopg.errors.X "',
        "\n\n",
        "://@",
        "token=",
        "password",
        "a-",
        "bearer ",
        'token="',
        "token='\\",
        'token\\":\\"',
        "://a:",
        "cookie: ",
        "psycopg.errors.RaiseException: ",
        "\nabc:  ",
    ],
)
def test_whatever_a_node_answers_a_line_is_written_at_once_and_ends(piece: str) -> None:
    began = time.process_time()
    written = Redaction(SECRETS)(piece * 100_000)
    assert time.process_time() - began < 3
    assert len(written) < 30_000
