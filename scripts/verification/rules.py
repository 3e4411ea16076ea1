"""Every rule that a panel is held to, by name: what it says, where it comes from, and what it is about.

A rule's source is a place in openapi.yaml, a sentence of the API document ("Document: ..."), or an assumption that is
stated as one. What the document leaves open is no rule.
"""

from __future__ import annotations

from typing import Final, Literal

from attrs import frozen

from scripts.verification.values import Operation

POSTS: Final[tuple[Operation, ...]] = ("create", "status")
ALL: Final[tuple[Operation, ...]] = ("create", "status", "download")

Reach = Literal["each format", "each operation", "when there is data"]


@frozen
class Rule:
    """One sentence about the panel."""

    name: str
    text: str
    source: str
    operations: tuple[Operation, ...]
    reach: Reach = "each format"
    """Where it has to be observed before anybody may say that the contract is kept."""


_LIST = (
    Rule(
        "answers_fit_the_schema",
        "The answer is what openapi.yaml describes.",
        "openapi.yaml: responses of the operation",
        POSTS,
    ),
    Rule(
        "answers_have_a_documented_type",
        "The answer announces a media type that the contract has: JSON or XML, csv or JSON for files.",
        "openapi.yaml: responses/*/content",
        ALL,
    ),
    Rule(
        "no_server_error",
        "Nothing is answered with HTTP 5xx, not even nonsense.",
        'Document: "error | int | Error code", which is how this API tells errors',
        ALL,
    ),
    Rule(
        "answers_are_whole",
        "The body has the announced length and can be unpacked.",
        "Assumption: HTTP itself (RFC 9110, Content-Length and Content-Encoding)",
        ALL,
    ),
    Rule(
        "answers_come_in_the_requests_format",
        "JSON is answered in JSON, XML in XML.",
        "Assumption: the Content-Type of a request chooses the format of both (the document shows them in pairs)",
        POSTS,
    ),
    Rule(
        "valid_requests_are_accepted",
        "What the document asks for, with the right token, succeeds.",
        'Document: steps 1 to 3, "Response example"',
        ALL,
    ),
    Rule(
        "missing_input_is_refused",
        "A request without a required parameter is refused.",
        'Document: "Required: Yes"',
        POSTS,
    ),
    Rule(
        "mistyped_input_is_refused",
        "A parameter of another type is refused.",
        'Document: "Type" of the parameters',
        POSTS,
        "each operation",
    ),
    Rule(
        "unknown_input_is_refused",
        "Sources, source types, tasks and files that don't exist are refused.",
        'Document: "source_type: database, segment", "Data source ID", "Export task ID"',
        ALL,
    ),
    Rule(
        "malformed_input_is_refused",
        "A body that is neither JSON nor XML, though it says so, is refused.",
        "Assumption: Content-Type announces the format of the body",
        POSTS,
    ),
    Rule(
        "a_missing_token_is_refused",
        "Without a token there is no task, no state, no file.",
        'Document: "token | string | Required: Yes", "?token=... - user\'s API token"',
        ALL,
        "each operation",
    ),
    Rule(
        "a_wrong_token_is_refused",
        "Another token opens nothing.",
        'Document: "API token", which is the user\'s own',
        ALL,
        "each operation",
    ),
    Rule(
        "a_cut_off_token_is_refused",
        "The token without its last letter opens nothing.",
        "Assumption: tokens are opaque and compared as a whole",
        ALL,
        "each operation",
    ),
    Rule(
        "a_longer_token_is_refused",
        "The token with a letter more opens nothing.",
        "Assumption: tokens are opaque and compared as a whole",
        ALL,
        "each operation",
    ),
    Rule(
        "refusals_are_envelopes",
        "A refusal is an envelope with an error code, under HTTP 200 or 4xx; of a download, a plain 4xx will do.",
        'openapi.yaml: #/components/responses/Refused; document: "error", "error_text"',
        ALL,
    ),
    Rule(
        "refusals_carry_no_data",
        "A refusal holds no task, no state, and nothing of a file: data is null, empty, or absent.",
        "openapi.yaml: #/components/schemas/ErrorAnswer/properties/data",
        ALL,
    ),
    Rule(
        "every_export_has_its_own_id",
        "Two exports get two task ids.",
        'Document: "task_id | string | Export task ID"',
        ("create",),
        "when there is data",
    ),
    Rule(
        "fresh_requests_are_no_repetition",
        "An answer says Duplicate-Request only when the Request-ID was sent before.",
        "openapi.yaml: #/components/headers/DuplicateRequest",
        ("create",),
    ),
    Rule(
        "the_task_id_works_in_status",
        "The id that step 1 gave is known in step 2, at once and in either format.",
        'Document: "Step 2. Task status check", "task_id | string | Export task ID"',
        ("status",),
    ),
    Rule(
        "progress_never_falls",
        "The progress of a task never goes back.",
        'Document: "progress | int | Task progress"',
        ("status",),
        "each operation",
    ),
    Rule(
        "completed_means_complete",
        "A completed task has progress 100 and a result with source_id, total, type and links.",
        'Document: step 2, "Response example"',
        ("status",),
    ),
    Rule(
        "tasks_end_with_a_documented_word",
        "A task at 100 % with links is called completed (success in an older copy of the document).",
        "openapi.yaml: #/components/schemas/TaskStatusWord",
        ("status",),
        "each operation",
    ),
    Rule(
        "finished_stays_finished",
        "A completed task stays completed, with the same result.",
        "Assumption: a task ends once",
        ("status",),
        "each operation",
    ),
    Rule(
        "the_result_echoes_the_request",
        "source_id and type of the result are those of the request.",
        'Document: step 2, "Response example"; openapi.yaml: #/components/schemas/TaskResult',
        ("status",),
    ),
    Rule(
        "json_and_xml_tell_the_same",
        "A task's state is the same in both formats, links apart, which may be fresh.",
        "Document: each example in both formats",
        ("status",),
        "each operation",
    ),
    Rule(
        "links_are_server_relative",
        "Links are paths on the panel, of one of the two documented shapes.",
        'Document: "urls": ["/api/download/data/<id>/<file>"], and "api/download/<id>/<file>" in step 3',
        ("status",),
    ),
    Rule(
        "links_work_twice",
        "The same link gives the same file again.",
        "Assumption: a link is an address, and GET is safe (RFC 9110)",
        ("download",),
    ),
    Rule(
        "files_are_what_they_say",
        "A file is of the format that was asked for, as its type says, in the announced encoding (else UTF-8).",
        'Document: "file_format: By default - csv"',
        ("download",),
    ),
    Rule(
        "rows_are_complete",
        "Every row has as many fields as the header.",
        "Assumption: csv begins with a header row (RFC 4180)",
        ("download",),
        "when there is data",
    ),
    Rule(
        "line_breaks_survive",
        "A line break within a field is quoted, and doesn't make a row.",
        "Assumption: csv as in RFC 4180",
        ("download",),
        "when there is data",
    ),
    Rule(
        "total_counts_the_rows",
        "total is the number of rows of all files together, the header not counted.",
        'Document: "total | int | Number of profiles"',
        ("download",),
    ),
    Rule(
        "no_row_is_repeated",
        "No profile stands in an export twice.",
        'Document: "Retrieves information about all database or segment profiles"',
        ("download",),
        "when there is data",
    ),
    Rule(
        "the_filter_chooses",
        "custom_request narrows the export: fewer rows, and every row matches.",
        'Document: "custom_request | JSON object | Profile fields for search filtering"',
        ("download",),
        "when there is data",
    ),
    Rule(
        "sources_differ",
        "Two sources don't have the very same profiles.",
        'Document: "Data source type", "Data source ID"; assumption: the sources were chosen to differ',
        ("download",),
        "when there is data",
    ),
    Rule(
        "generated_requests_find_nothing",
        "Requests that schemathesis made up are answered as the contract says (--fuzz).",
        "openapi.yaml, with the token and the sources of this panel",
        ALL,
        "when there is data",
    ),
)

RULES: Final[dict[str, Rule]] = {rule.name: rule for rule in _LIST}
