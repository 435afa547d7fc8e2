"""Secrets are removed from texts, however they are written."""

import html
import io
import logging
from urllib.parse import quote

import orjson
import pytest

from lib.ecr import Credentials
from lib.redaction import Redactor
from lib.sailor import logs
from tests.support.command import kept_loggers

SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCY=EXAMPLEKEY"
WRITTEN = {
    "plain": SECRET,
    "entities": html.escape(SECRET).replace("+", "&#43;").replace("/", "&#x2F;"),
    "hexadecimal entities": SECRET.replace("+", "&#x2B;"),
    "a URL": quote(SECRET, safe=""),
    "a URL in a URL": quote(quote(SECRET, safe=""), safe=""),
    "JSON": SECRET.replace("/", "\\/").replace("+", "\\u002b"),
    "wrapped": SECRET[:20] + "\r\n  " + SECRET[20:],
    "wrapped early": SECRET[:9] + "\n" + SECRET[9:],
    "cut": SECRET[:16],
}


@pytest.mark.parametrize("written", WRITTEN.values(), ids=WRITTEN)
def test_a_secret_is_removed_however_it_is_written(written: str) -> None:
    for redact in (Redactor([SECRET]).redact, Credentials("AKIDEXAMPLE", SECRET).redact):
        assert redact(f"before <{written}> after") == "before <[redacted]> after"


def test_the_longest_secret_is_removed_first() -> None:
    # Of many pairs, some are in the wrong order unless all are put into the right one.
    short = [f"{number:04}-secret" for number in range(20)]
    long = [f"{secret}-is-longer" for secret in short]

    redacted = Redactor([*short, *long], "***").redact(" ".join([*long, *short]))

    assert redacted == " ".join(["***"] * 40)


def test_a_text_without_secrets_is_unchanged() -> None:
    text = "100%25 &amp; \\u002b\r\n"
    assert Redactor([SECRET]).redact(text) == text


def test_a_line_with_half_a_surrogate_pair_is_redacted_and_printed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    stream = io.StringIO()

    with kept_loggers():
        logs.configure("info", {}, stream, [SECRET])
        logging.getLogger("component").info("%s", f"\ud800 {SECRET}")

    assert orjson.loads(stream.getvalue())["msg"] == "? ***"
    assert capsys.readouterr().err == ""
