"""The typed client in use: builds its requests, and turns its answers into this package's values.

Generated models stay below: their unions swallow parsing errors and leave raw values typed as models, their UNSET
breaks when pickled. So everything is checked here, and nothing of them is handed on.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Generator, Sequence
from typing import Any, TypeVar, cast

from profile_export._credentials import PLACEHOLDER, Unforeseen
from profile_export._effects import CreateTask
from profile_export._envelope import WRONG_ADDRESS, names_the_task, says_not_found
from profile_export.errors import ApiError, ContractError, ExportError, TaskNotFound
from profile_export.types import TaskSnapshot, is_integer
from profile_export_api.models import (
    CreateExportRequest,
    CreateExportSuccess,
    CustomRequest,
    SourceType,
    TaskResult,
    TaskStatusRequest,
    TaskStatusSuccess,
)
from profile_export_api.types import UNSET, Response

Success = TypeVar("Success", CreateExportSuccess, TaskStatusSuccess)


@contextlib.contextmanager
def _fitting(operation: str) -> Generator[None]:
    """Around the making of a request: the contract may have become another one, where this package has not."""
    try:
        yield
    except (TypeError, ValueError) as error:
        raise ContractError(f"the request doesn't fit the contract: {error}", operation=operation) from None


@_fitting("create")
def create_body(effect: CreateTask) -> CreateExportRequest:
    """The create request, with a placeholder for the token.

    Raises:
        ContractError: The contract has no such request; nothing was sent.
    """
    return CreateExportRequest(
        token=PLACEHOLDER,
        source_type=SourceType(effect.source.source_type),
        source_id=effect.source.id,
        file_format=effect.file_format,
        custom_request=UNSET if effect.where is None else CustomRequest.from_dict(effect.where),
    )


@_fitting("status")
def status_body(task_id: str) -> TaskStatusRequest:
    """The status request, with a placeholder for the token; see `create_body`."""
    return TaskStatusRequest(token=PLACEHOLDER, task_id=task_id)


@contextlib.contextmanager
def answering(operation: str, task_id: str | None = None) -> Generator[None]:
    """Around a generated call: what it raises about an answer's shape becomes a ContractError, told by its member."""
    try:
        yield
    except ApiError as error:
        if task_id is not None and says_not_found(error):
            message = f"the panel doesn't know the task: {error}"
            hints = () if names_the_task(error) else (WRONG_ADDRESS,)
            raise TaskNotFound(message, hints=hints, operation=operation, task_id=task_id) from None
        raise
    except ExportError:
        raise
    except KeyError as error:
        raise _misfit(f"the answer has no member {error.args[0]!r}", operation=operation) from None
    except (TypeError, ValueError, AttributeError) as error:
        raise _misfit(f"the answer doesn't fit the contract: {error}", operation=operation) from None


def _misfit(message: str, *, operation: str | None = None) -> ContractError:
    """The error for an answer that tells a success, and not what the contract has with it."""
    error = ContractError(message, operation=operation)
    error.accepted = True
    return error


def bare(error: Exception) -> Exception:
    """An error without the frames it came through: they hold bytes of the panel, which may repeat the token.

    A bug keeps its frames, and is handed on as what it is.
    """
    if isinstance(error, Unforeseen):
        return error.error
    return error.with_traceback(None) if isinstance(error, ExportError) else error


def created_task(response: Response[Any]) -> str:
    """The task id of a create answer."""
    task_id = cast("object", _success(response, CreateExportSuccess).data.task_id)
    if not isinstance(task_id, str) or not task_id:
        raise _misfit("the answer's 'data.task_id' is not a text")
    return task_id


def snapshot(task_id: str, response: Response[Any]) -> TaskSnapshot:
    """The task's state of a status answer."""
    state = _success(response, TaskStatusSuccess).data
    status = cast("object", state.status)
    if not isinstance(status, str) or not status:
        raise _misfit("the answer's 'data.status' is not a text")
    result = cast("object", state.result)
    if result is not None and result is not UNSET and not isinstance(result, TaskResult):
        # An empty list is how some servers write an empty object.
        if result != []:
            raise _misfit("the answer's 'data.result' is not an object")
        result = None
    progress = _integer(state.progress, "progress")
    if not isinstance(result, TaskResult):
        return TaskSnapshot(task_id, str(status), progress)
    return TaskSnapshot(
        task_id,
        str(status),
        progress,
        total=_optional_integer(result.total, "result.total"),
        urls=_links(result.urls),
        errors=_errors(result.errors),
        source_type=str(result.type_) if isinstance(result.type_, str) else None,
        source_id=_optional_integer(result.source_id, "result.source_id"),
    )


def _success(response: Response[Any], kind: type[Success]) -> Success:
    """The answer as the success model that it must be: refusals never come this far."""
    if isinstance(response.parsed, kind):
        return response.parsed
    # The generated union swallowed the reason why it is none; asking the model itself brings it back.
    members: dict[str, Any] = json.loads(response.content)
    if not isinstance(members.get("data", {}), dict):
        raise _misfit("the answer's 'data' is not an object")
    return kind.from_dict(members)


def _integer(value: object, name: str) -> int:
    if not is_integer(value):
        raise _misfit(f"the answer's 'data.{name}' is not an integer")
    return value


def _optional_integer(value: object, name: str) -> int | None:
    return None if value is None or value is UNSET else _integer(value, name)


def _links(value: object) -> tuple[str, ...]:
    if value is None or value is UNSET:
        return ()
    if isinstance(value, list) and all(isinstance(link, str) for link in cast("list[object]", value)):
        return tuple(cast("list[str]", value))
    raise _misfit("the answer's 'data.result.urls' is not an array of texts")


def _errors(value: object) -> tuple[Any, ...]:
    """The result's errors; nobody documents what its items are, so nothing is asked of them."""
    if value is None or value is UNSET:
        return ()
    return tuple(cast("Sequence[Any]", value)) if isinstance(value, list) else (value,)
