"""Everything that can go wrong, as one tree of exceptions.

    ExportError
    +- UsageError (ValueError)            the call can't be carried out as it is written
    +- TransportError                     the network failed; .sent tells whether the request went out
    |  +- ConnectFailed                   never sent
    |  |  +- CertificateRefused           the panel's certificate isn't to be trusted
    |  +- RequestTimeout (TimeoutError)   perhaps sent, no answer in time
    |  +- ResponseLost                    perhaps sent, the answer broke off
    +- ApiError                           the panel answered, and refused
    |  +- AuthenticationError             it refused the token
    |  +- InvalidRequest                  it refused the request
    |  +- RateLimited                     it asks for patience
    |  +- ServerError                     it failed itself
    +- ContractError                      the answer doesn't fit openapi.yaml
    +- CreateOutcomeUnknown               the task may or may not have been created
    +- TaskError
    |  +- TaskFailed                      the task ended without a result
    |  +- TaskNotFound                    the panel doesn't know the task
    |  +- UnknownTaskState                finished, but in a word that nobody documents
    |  +- WaitTimeout (TimeoutError)      not finished in time; the task lives on
    +- DownloadError (OSError)
    |  +- UnsafeLink                      a link that leads away from the panel
    |  +- LinkExpired                     the panel no longer has the file
    |  +- RemoteChanged                   the file became another one while it was fetched
    |  +- IncompleteDownload              the file broke off, again and again
    |  +- IntegrityError                  the file isn't what was announced
    |  +- TargetExists                    a file of that name is there already
    |  +- NoSpace                         the disk is full
    +- JournalError                       the journal can't be read or written

Every error has a `slug` (its name in the documentation), `hints` (what to do) and an `exit_code` for the command line,
survives pickling, and never holds the token.
"""

from __future__ import annotations

from typing import Any, ClassVar, Literal

Sent = Literal["no", "maybe", "yes"]


class ExportError(Exception):
    """Base of all errors of this package.

    Attributes:
        slug: Stable name of the kind of error, a heading of the documentation's error page.
        exit_code: What the command line exits with.
        hints: Sentences that say what can be done.
        operation: What was being done: "create", "status" or "download".
        task_id: The task that it is about, once known.
        continuation_token: What `ExportClient.resume` takes to go on with that task, or None where there is nothing
            to go on with.
        request_id: The `Request-ID` sent with the create request.
    """

    slug: ClassVar[str] = "export-error"
    exit_code: ClassVar[int] = 1

    def __init__(
        self,
        message: str,
        *,
        hints: tuple[str, ...] = (),
        operation: str | None = None,
        task_id: str | None = None,
        request_id: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.hints = hints
        self.operation = operation
        self.task_id = task_id
        self.continuation_token: str | None = None
        self.request_id = request_id

    def add_context(
        self,
        *,
        operation: str | None = None,
        task_id: str | None = None,
        continuation_token: str | None = None,
        request_id: str | None = None,
    ) -> None:
        """Fills in what the place of the failure didn't know; what is known already stays."""
        self.operation = self.operation or operation
        self.task_id = self.task_id or task_id
        self.continuation_token = self.continuation_token or continuation_token
        self.request_id = self.request_id or request_id

    def __str__(self) -> str:
        return self.message

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (type(self), self.args, self.__dict__)


def _rebuild(cls: type[ExportError], args: tuple[Any, ...], state: dict[str, Any]) -> ExportError:
    error = cls.__new__(cls, *args)
    error.args = args
    error.__dict__.update(state)
    return error


class UsageError(ExportError, ValueError):
    """The call can't be carried out as it is written. Nothing was sent or changed, or the hints tell what was."""

    slug = "usage"
    exit_code = 2


class TransportError(ExportError):
    """The network failed.

    Attributes:
        sent: Whether the panel got the request: "no", "maybe" or "yes".
    """

    slug = "transport"
    exit_code = 8
    sent: Sent = "maybe"


class ConnectFailed(TransportError):
    """No connection to the panel; the request was not sent."""

    slug = "connect-failed"
    sent: Sent = "no"


class CertificateRefused(ConnectFailed):
    """The panel's certificate isn't to be trusted; nothing was sent, and trying again changes nothing."""

    slug = "certificate"


class RequestTimeout(TransportError, TimeoutError):
    """The panel didn't answer in the time of one request."""

    slug = "request-timeout"


class ResponseLost(TransportError):
    """The connection broke before the answer was complete."""

    slug = "response-lost"


class ApiError(ExportError):
    """The panel answered, and refused.

    Attributes:
        code: The envelope's `error`, or None where there was no envelope.
        text: The envelope's `error_text`.
        http_status: The answer's HTTP status, a signal apart from `code`.
        retry_after: Seconds that the panel asks to wait, or None.
    """

    slug = "api-error"
    exit_code = 4

    def __init__(
        self,
        message: str,
        *,
        code: int | None = None,
        text: str = "",
        http_status: int | None = None,
        retry_after: float | None = None,
        hints: tuple[str, ...] = (),
        operation: str | None = None,
        task_id: str | None = None,
        request_id: str | None = None,
    ) -> None:
        super().__init__(message, hints=hints, operation=operation, task_id=task_id, request_id=request_id)
        self.code = code
        self.text = text
        self.http_status = http_status
        self.retry_after = retry_after


class AuthenticationError(ApiError):
    """The panel refused the token, or it may not do this."""

    slug = "authentication"
    exit_code = 3


class InvalidRequest(ApiError):
    """The panel refused the request as incorrect."""

    slug = "invalid-request"


class RateLimited(ApiError):
    """The panel asks for fewer requests; `retry_after` tells its wish, where it has one."""

    slug = "rate-limited"


class ServerError(ApiError):
    """The panel, or something before it, failed itself."""

    slug = "server-error"


class ContractError(ExportError):
    """The answer doesn't fit openapi.yaml: another API, a proxy's page, or a changed panel.

    Attributes:
        accepted: Whether it came with a success of HTTP and in JSON or XML, so that the panel may have done what it was
            asked. Of a create, `CreateOutcomeUnknown` tells that.
    """

    slug = "contract"
    exit_code = 9
    accepted: bool = False


class CreateOutcomeUnknown(ExportError):
    """The create request may or may not have made a task, and it was not safe to ask again."""

    slug = "create-outcome-unknown"
    exit_code = 8


class TaskError(ExportError):
    """The task itself is the problem."""

    slug = "task"
    exit_code = 5


class TaskFailed(TaskError):
    """The panel says that the task failed.

    Attributes:
        status: The panel's word for it.
        errors: The result's `errors`, as they came.
    """

    slug = "task-failed"

    def __init__(
        self,
        message: str,
        *,
        status: str,
        errors: tuple[Any, ...] = (),
        hints: tuple[str, ...] = (),
        task_id: str | None = None,
    ) -> None:
        super().__init__(message, hints=hints, operation="status", task_id=task_id)
        self.status = status
        self.errors = errors


class TaskNotFound(TaskError):
    """The panel doesn't know the task: a wrong id, another account, or a task that is gone."""

    slug = "task-not-found"
    exit_code = 4


class UnknownTaskState(TaskError):
    """The task is at 100 percent under a status word that isn't known to mean success or failure."""

    slug = "unknown-task-state"
    exit_code = 9


class WaitTimeout(TaskError, TimeoutError):
    """The task was not finished in the given time. It lives on: wait again for its id."""

    slug = "wait-timeout"
    exit_code = 6


class DownloadError(ExportError, OSError):
    """A file could not be fetched, checked or written."""

    slug = "download"
    exit_code = 7


class UnsafeLink(DownloadError):
    """The panel gave a link that leads elsewhere; the token was not sent there."""

    slug = "unsafe-link"


class LinkExpired(DownloadError):
    """The panel no longer has the file under this link."""

    slug = "link-expired"


class RemoteChanged(DownloadError):
    """The panel's file became another one while it was fetched, again and again."""

    slug = "remote-changed"


class IncompleteDownload(DownloadError):
    """The file broke off, and so did every further attempt."""

    slug = "incomplete-download"


class IntegrityError(DownloadError):
    """What arrived is not what was announced. In a folder, it is kept under names ending in `.rejected`."""

    slug = "integrity"


class TargetExists(DownloadError):
    """A file of that name is there already, and overwriting was not asked for."""

    slug = "target-exists"

    @classmethod
    def at(cls, target: object) -> TargetExists:
        """The error for the name `target`."""
        return cls(f"{target} exists already", hints=("choose another folder, or ask for overwriting",))


class NoSpace(DownloadError):
    """The disk has no room for the file."""

    slug = "no-space"


class JournalError(ExportError):
    """The journal can't be read or written, or doesn't have what was asked for."""

    slug = "journal"
    exit_code = 7
