"""Where a file may be fetched from, what the answer's head allows, and what the files must prove. Pure decisions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import SplitResult, unquote, urljoin, urlsplit

import attrs

from profile_export._effects import Fetched
from profile_export._envelope import refusal
from profile_export._naming import distinct, safe_name
from profile_export.errors import (
    AuthenticationError,
    ContractError,
    ExportError,
    IntegrityError,
    LinkExpired,
    RateLimited,
    ServerError,
    UnsafeLink,
    UsageError,
)
from profile_export.policy import DownloadPolicy
from profile_export.targets import Target
from profile_export.types import is_integer

# An answer that may be an error envelope is read up to here before a byte of it is written. Envelopes are far smaller.
ENVELOPE_LIMIT: Final = 65_536
# How much of a body tells what it is: a doctype may stand behind comments.
START: Final = 1_024
MOST_REDIRECTS: Final = 5
# Letters; servers refuse longer ones, and so does httpx in the end.
LONGEST_LINK: Final = 8_192
DEFAULT_PORTS: Final = {"https": 443, "http": 80}
# Letters of host names that IDNA 2003, which Python has, and IDNA 2008, which httpx has, read differently; see
# UTS #46, section 7.
DEVIATIONS: Final = frozenset("\u00df\u03c2\u200c\u200d")
GONE: Final = frozenset({404, 410})
FRESH_LINKS: Final = ("download the task once more: its status gives fresh links",)


@attrs.frozen
class Origin:
    """Scheme, host and port: who may see the token (RFC 6454)."""

    scheme: str
    host: str
    port: int

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if self.port == DEFAULT_PORTS[self.scheme] else f":{self.port}"
        return f"{self.scheme}://{host}{port}"


@attrs.frozen
class Panel:
    """Who the panel is.

    Attributes:
        base_url: Where the API is, as given.
        api: Its origin.
        home: The origin that server-relative links are joined to.
        home_path: The path of the address that `home` comes from.
    """

    base_url: str
    api: Origin
    home: Origin
    home_path: str

    @property
    def allowed(self) -> frozenset[Origin]:
        """Who may see the token."""
        return frozenset({self.api, self.home})


@attrs.frozen
class FilePlan:
    """One file to fetch: from where, to where."""

    url: str
    target: Target


@attrs.frozen
class Head:
    """What matters of a download's answer before its body."""

    status: int
    content_type: str
    content_encoding: str
    location: str | None


def parse_panel(base_url: str, panel_url: str | None) -> Panel:
    """Reads the panel's address; `panel_url` is where links lead when that differs from the API's own address.

    Raises:
        UsageError: One of them is not a plain http(s) URL.
    """
    api = parse_base_url(base_url, "base_url")
    home = parse_base_url(panel_url, "panel_url") if panel_url is not None else api
    return Panel(base_url, _origin(api), _origin(home), home.path.rstrip("/"))


def parse_base_url(url: str, name: str) -> SplitResult:
    """The parts of a URL that a panel may have.

    Raises:
        UsageError: It is not a plain http(s) URL. The message doesn't repeat it: people paste tokens into URLs.
    """
    problem = "is not a URL"
    try:
        parts = urlsplit(url)
        if url != url.strip() or not url.isprintable() or "\\" in url:
            problem = "has blanks or characters that a URL can't have"
        elif parts.scheme not in DEFAULT_PORTS or not parts.hostname:
            problem = "must begin with https:// or http:// and name a host"
        elif DEVIATIONS & set(parts.hostname.lower()):
            problem = "has a host that programs read in two ways: write it as it is on the wire, xn--..."
        elif parts.username is not None or parts.password is not None:
            problem = "must not hold a user name or password"
        elif "?" in url or "#" in url:
            problem = "must not have a query or fragment"
        elif parts.port != 0 and _origin(parts):
            return parts
    except ValueError:
        pass
    raise UsageError(f"{name} {problem}", hints=("it looks like https://panel.example.com",))


def _origin(parts: SplitResult) -> Origin:
    """The origin, its host as it is on the wire; a ValueError tells that no host can be called so."""
    name = (parts.hostname or "").lower()
    if DEVIATIONS & set(name):
        raise ValueError
    host = name.encode("idna").decode()
    return Origin(parts.scheme, host, parts.port or DEFAULT_PORTS[parts.scheme])


def origin_of(url: str) -> Origin | None:
    """The origin of an absolute http(s) URL, or None where it is none."""
    try:
        parts = urlsplit(url)
        return _origin(parts) if parts.scheme in DEFAULT_PORTS and parts.hostname else None
    except ValueError:
        return None


def resolve_link(link: str, panel: Panel, prefix: str) -> str:
    """The absolute URL for a link that the panel gave, joined to its origin and never rebuilt.

    Raises:
        UnsafeLink: It leads away from the panel, hides where it leads, or is no download.
    """
    if not link or not link.isprintable() or "\\" in link or " " in link:
        raise _unsafe("it holds characters that a link can't have")
    if len(link) > LONGEST_LINK:
        raise _unsafe(f"it is longer than {LONGEST_LINK} letters")
    try:
        parts = urlsplit(link)
        origin = _link_origin(parts, panel)
    except ValueError:
        raise _unsafe("it is not a URL") from None
    if origin not in panel.allowed:
        raise _unsafe(f"it leads to {origin}, not to the panel")
    if parts.username is not None or parts.fragment:
        raise _unsafe("it has a user name or a fragment")
    _check_path(parts.path, panel.home_path, prefix)
    # The credential line puts it there, where it belongs; above that line nobody sees it.
    members = "&".join(member for member in parts.query.split("&") if not member.startswith("token="))
    query = f"?{members}" if members else ""
    return f"{origin}{parts.path}{query}"


def resolve_redirect(url: str, location: str, panel: Panel, prefix: str) -> str:
    """The absolute URL that a redirect from `url` leads to.

    Raises:
        UnsafeLink: It leads away from the panel, hides where it leads, or is no download.
    """
    try:
        joined = urljoin(url, location)
    except ValueError:
        raise _unsafe("it is not a URL") from None
    return resolve_link(joined, panel, prefix)


def _link_origin(parts: SplitResult, panel: Panel) -> Origin:
    if not parts.scheme and not parts.netloc:
        if not parts.path.startswith("/"):
            raise _unsafe("it is neither absolute nor server-relative")
        return panel.home
    if parts.scheme not in DEFAULT_PORTS or not parts.hostname:
        raise _unsafe("it is not an http(s) link")
    return _origin(parts)


def names_file(path: str) -> bool:
    """Whether the path of a link ends with a name, and goes there straight."""
    segments = unquote(path).replace("\\", "/").split("/")
    return not {".", ".."} & set(segments) and segments[-1] != ""


def _check_path(path: str, base: str, prefix: str) -> None:
    if not names_file(path):
        raise _unsafe("its path has dot segments or names no file")
    if not path.startswith((prefix, base + prefix)):
        raise _unsafe(
            f"its path doesn't begin with {prefix}", ('DownloadPolicy(link_prefix="") allows every path of the panel',)
        )


def _unsafe(why: str, hints: tuple[str, ...] = ()) -> UnsafeLink:
    return UnsafeLink(f"the panel gave a download link that is not safe to follow: {why}", hints=hints)


def plan_files(urls: Sequence[str], directory: Target, panel: Panel, policy: DownloadPolicy) -> list[FilePlan]:
    """What to fetch for a finished task, and the names it gets in `directory`.

    Raises:
        UnsafeLink: One of the links is not safe; none is followed then.
    """
    resolved = [resolve_link(url, panel, policy.link_prefix) for url in urls]
    names = distinct(safe_name(url) for url in resolved)
    return [FilePlan(url, directory / name) for url, name in zip(resolved, names, strict=True)]


def is_redirect(head: Head) -> bool:
    """Whether the answer names another place for the file."""
    return head.status in {301, 302, 303, 307, 308} and head.location is not None


def refuses(head: Head) -> bool:
    """Whether the answer can't be the file, so that its body is read only to say why."""
    return head.status != 200 or is_encoded(head)


def is_encoded(head: Head) -> bool:
    """Whether the body is compressed: its length and its bytes would not be those of the file."""
    return head.content_encoding.strip().lower() not in {"", "identity"}


def may_be_page(head: Head, start: bytes) -> bool:
    """Whether a body may be an error page or envelope in place of the file.

    Judged by the first byte that is no blank, since a wrong Content-Type is no reason to refuse a good file: a csv
    file begins with neither `{` nor `<`. Other formats may, so they are looked at again when more of them is here.
    """
    return start[:1] in {b"<", b"{"} or _is_labelled_html(head)


def may_be_file(head: Head, file_format: str, start: bytes) -> bool:
    """Whether what may be a page may be a file of the format that was asked for, too, if it is no envelope.

    JSON under a wrong label is still no page; XML that begins as web pages do, or is labelled as one, is.
    """
    if file_format == "json":
        return start[:1] in {b"{", b"["}
    pages = {b"<html", b"<!doctype html"}
    return (
        file_format == "xml"
        and start[:1] == b"<"
        and not _is_labelled_html(head)
        and not any(page in start.lower() for page in pages)
    )


def _is_labelled_html(head: Head) -> bool:
    return head.content_type.lower().startswith("text/html")


def refusal_of(head: Head, retry_after: float | None, envelope: Mapping[str, Any] | None) -> ExportError:
    """The error for an answer that is not the file. `envelope` is the decoded body where it is one."""
    code, text = (envelope or {}).get("error"), (envelope or {}).get("error_text")
    if is_integer(code) and code != 0:
        error = refusal(head.status, code, text if isinstance(text, str) else "", retry_after)
        if isinstance(error, AuthenticationError | RateLimited | ServerError):
            return error
        return LinkExpired(f"the panel doesn't give out the file: {error}", hints=FRESH_LINKS)
    if head.status in GONE:
        return LinkExpired(f"the panel no longer has the file (HTTP {head.status})", hints=FRESH_LINKS)
    if head.status in {401, 403, 429} or head.status >= 500:
        return refusal(head.status, None, "", retry_after)
    if head.status != 200:
        return ContractError(f"the download was answered by HTTP {head.status}")
    if is_encoded(head):
        encoding = head.content_encoding[:40]
        return ContractError(f"the file came with Content-Encoding {encoding!r}, though it was asked for as it is")
    return IntegrityError(f"the panel sent a page in place of the file ({head.content_type[:60] or 'no type'})")


def format_of_file(target: Target, file_format: str) -> str:
    """The format of a file; a task attached by its id tells its format by the file's name."""
    return (file_format or target.suffix.removeprefix(".")).lower()


def rows_of(fetched: Fetched, policy: DownloadPolicy) -> int | None:
    """Profiles in one file: its records without the header row."""
    if fetched.records is None:
        return None
    return max(fetched.records - policy.csv_header, 0)


def rows_problem(rows: Sequence[int | None], total: int, policy: DownloadPolicy) -> str | None:
    """Why the files' rows can't be the whole export, or None where nothing speaks against it."""
    if not policy.verify_rows or None in rows:
        return None
    counted = sum(count or 0 for count in rows)
    if counted == total:
        return None
    return f"the files hold {counted} rows, but the panel announced {total} profiles"
