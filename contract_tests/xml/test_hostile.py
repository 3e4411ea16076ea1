"""Documents that want to harm the reader: refused, quickly, with the one error."""

from __future__ import annotations

import codecs
import socket
from pathlib import Path
from xml.parsers import expat

import pytest

from contract_tests.xml.bodies import STATUS_ANSWER
from profile_export._xml import decode
from profile_export._xml_tree import LIMITS, Limits, XmlError

TEXT = "<xml><error_text>x</error_text></xml>"


def refused(body: bytes | str, limits: Limits = LIMITS) -> str:
    with pytest.raises(XmlError) as caught:
        decode(body.encode() if isinstance(body, str) else body, STATUS_ANSWER, limits=limits)
    assert caught.value.path == ""
    return caught.value.reason


def laughs(levels: int = 12) -> str:
    entities = "".join(f'<!ENTITY l{i} "{f"&l{i - 1};" * 10}">' for i in range(1, levels))
    return f'<!DOCTYPE xml [<!ENTITY l0 "ha">{entities}]><xml><error_text>&l{levels - 1};</error_text></xml>'


@pytest.mark.parametrize(
    "prolog",
    [
        "<!DOCTYPE xml>",
        "<!DOCTYPE xml []>",
        '<!DOCTYPE xml SYSTEM "http://127.0.0.1:9/x.dtd">',
        '<!DOCTYPE xml PUBLIC "-//x//EN" "x.dtd" [<!ELEMENT xml ANY>]>',
        '<!DOCTYPE xml [<!ATTLIST xml a CDATA "x">]>',
        '<!DOCTYPE xml [<!ENTITY % p SYSTEM "http://127.0.0.1:9/p"> %p;]>',
        '<?xml version="1.0"?>\n<!-- first --><?pi?>\n<!DOCTYPE xml>',
    ],
)
def test_every_doctype_is_refused(prolog: str) -> None:
    assert refused(prolog + TEXT) == "a DOCTYPE is refused"
    assert refused((prolog + TEXT).encode("utf-16")) == "a DOCTYPE is refused"


def test_a_billion_laughs_are_not_laughed() -> None:
    assert refused(laughs()) == "a DOCTYPE is refused"


def test_an_external_entity_is_neither_opened_nor_fetched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("contents", encoding="utf-8")

    def connect(*_: object) -> None:
        pytest.fail("a connection was attempted")

    monkeypatch.setattr(socket.socket, "connect", connect)
    for uri in (secret.as_uri(), "http://127.0.0.1:9/x"):
        body = f'<!DOCTYPE xml [<!ENTITY e SYSTEM "{uri}">]><xml><error_text>&e;</error_text></xml>'
        assert refused(body) == "a DOCTYPE is refused"


def test_an_exception_stops_the_parser_at_once() -> None:
    """The guards rely on it: were the rest still parsed, declared entities would be expanded."""
    parser = expat.ParserCreate()

    def refuse(*_: object) -> None:
        raise XmlError("", "stop")

    parser.StartDoctypeDeclHandler = refuse
    with pytest.raises(XmlError):
        parser.Parse(f"<!DOCTYPE xml [{'<!-- rest -->' * 1000}]><xml/>", True)
    assert parser.CurrentByteIndex < 100


@pytest.mark.parametrize(
    "reference", ["&undeclared;", "&nbsp;", "&#0;", "&#xB;", "&#xD800;", "&#xFFFE;", "&#1114112;", "&"]
)
def test_only_the_five_entities_and_legal_character_references_exist(reference: str) -> None:
    assert "no well-formed XML" in refused(f"<xml><error_text>{reference}</error_text></xml>")
    assert "no well-formed XML" in refused(f'<xml a="{reference}"/>')


def test_depth_is_limited() -> None:
    def nested(levels: int) -> str:
        return "<xml>" + "<a>" * (levels - 1) + "</a>" * (levels - 1) + "</xml>"

    decode(nested(LIMITS.max_depth).encode(), STATUS_ANSWER)
    assert refused(nested(LIMITS.max_depth + 1)) == "the document is nested deeper than 32 levels"
    assert "deeper" in refused("<xml>" + "<a>" * 1_000_000)
    decode(nested(3).encode(), STATUS_ANSWER, limits=Limits(max_depth=3))
    assert refused(nested(4), Limits(max_depth=3)) == "the document is nested deeper than 3 levels"


def test_a_depth_that_python_could_not_follow_can_not_be_allowed() -> None:
    Limits(max_depth=100)
    for depth in (0, 101, 10_000):
        with pytest.raises(ValueError, match="max_depth"):
            Limits(max_depth=depth)


def test_the_number_of_elements_is_limited() -> None:
    limits = Limits(max_nodes=10)
    decode(b"<xml>" + b"<a/>" * 9 + b"</xml>", STATUS_ANSWER, limits=limits)
    assert refused(b"<xml>" + b"<a/>" * 10 + b"</xml>", limits) == "the document holds more than 10 elements"
    assert "more than 100000 elements" in refused(b"<xml>" + b"<a/>" * 100_000 + b"</xml>")


def test_the_size_is_limited_before_anything_is_parsed() -> None:
    body = b"<xml>" + b" " * 89 + b"</xml>"
    decode(body, STATUS_ANSWER, limits=Limits(max_bytes=100))
    assert refused(body + b" ", Limits(max_bytes=100)) == "the document is larger than 100 bytes"
    assert "larger than" in refused(b"\x00" * (LIMITS.max_bytes + 1))


def test_an_ordinary_answer_with_many_links_is_within_the_limits() -> None:
    body = b"<xml><data><result>" + b"<urls>/api/download/x</urls>" * 20_000 + b"</result></data></xml>"
    answer = decode(body, STATUS_ANSWER)
    assert answer == {"data": {"result": {"urls": ["/api/download/x"] * 20_000}}}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"   ",
        b"\xef\xbb\xbf",
        b"{}",
        b"plain",
        b"<xml>",
        b"<xml></XML>",
        b"<xml/><xml/>",
        b"<xml/>text",
        b"<xml a='1' a='2'/>",
        b"<xml><a></xml></a>",
        b"<xml>\xff</xml>",
        b"<xml>\xc3</xml>",
        b"<xml>\xc0\xaf</xml>",
        b"<xml>\xed\xa0\x80</xml>",
        b"<xml>\xef\xbf\xbe</xml>",
        b"<xml>\x00</xml>",
        b"<xml>\x0b</xml>",
        b"<xml>]]></xml>",
        b"<!-- -- --><xml/>",
        b" <?xml version='1.0'?><xml/>",
        b"<?xml version='1.0' encoding='utf-16'?><xml/>",
        b"<?xml version='1.0' encoding='us-ascii'?><xml>\xc3\xa9</xml>",
        "<xml/>".encode("utf-16")[:-1],
        b"\xff\xfe\x00\xd8\x00\x00",
    ],
)
def test_what_is_no_well_formed_xml_is_refused(body: bytes) -> None:
    assert refused(body).startswith("the document is no well-formed XML (line ")


@pytest.mark.parametrize(
    "encoding", ["utf-7", "utf-32", "idna", "unicode_escape", "rot13", "zlib", "windows-1251", "no-such", "os"]
)
def test_encodings_that_expat_would_ask_python_for_are_refused(encoding: str) -> None:
    body = f'<?xml version="1.0" encoding="{encoding}"?><xml/>'
    assert refused(body) == "the document's encoding isn't supported"


def test_a_document_does_not_choose_a_codec_to_be_searched() -> None:
    searched: list[str] = []

    def search(name: str) -> None:
        searched.append(name)

    codecs.register(search)
    try:
        refused('<?xml version="1.0" encoding="x-searched-for"?><xml/>')
    finally:
        codecs.unregister(search)
    assert not searched


def test_messages_do_not_speak_of_tokens() -> None:
    assert "token" not in refused(b"<xml>&</xml>")
