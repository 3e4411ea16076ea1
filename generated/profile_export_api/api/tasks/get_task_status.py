from http import HTTPStatus
from typing import Any

import httpx

from ...client import AuthenticatedClient, Client
from ...models.error_answer import ErrorAnswer
from ...models.task_status_request import TaskStatusRequest
from ...models.task_status_success import TaskStatusSuccess
from ...types import Response


def _get_kwargs(
    *,
    body: TaskStatusRequest,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/api/v1.1/tasks/status",
    }

    _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> ErrorAnswer | ErrorAnswer | TaskStatusSuccess:
    if response.status_code == 200:

        def _parse_response_200(data: object) -> ErrorAnswer | TaskStatusSuccess:
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                componentsschemas_task_status_answer_type_0 = TaskStatusSuccess.from_dict(data)

                return componentsschemas_task_status_answer_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            if not isinstance(data, dict):
                raise TypeError()
            componentsschemas_task_status_answer_type_1 = ErrorAnswer.from_dict(data)

            return componentsschemas_task_status_answer_type_1

        response_200 = _parse_response_200(response.json())

        return response_200

    response_default = ErrorAnswer.from_dict(response.json())

    return response_default


def _build_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Response[ErrorAnswer | ErrorAnswer | TaskStatusSuccess]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient | Client,
    body: TaskStatusRequest,
) -> Response[ErrorAnswer | ErrorAnswer | TaskStatusSuccess]:
    """Tell a task's progress and, at the end, its files

     Safe to repeat. While the task runs, `progress` grows; when it is finished, `result` names the
    files.
    Assumed: how often one may ask, and how long tasks and links live, is not documented.

    Args:
        body (TaskStatusRequest): Which task to tell about. `token` is required where it travels
            in the body (documented); with the bearer header it
            is left out, which OpenAPI can't make depend on a header.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[ErrorAnswer | ErrorAnswer | TaskStatusSuccess]
    """

    kwargs = _get_kwargs(
        body=body,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    *,
    client: AuthenticatedClient | Client,
    body: TaskStatusRequest,
) -> ErrorAnswer | ErrorAnswer | TaskStatusSuccess | None:
    """Tell a task's progress and, at the end, its files

     Safe to repeat. While the task runs, `progress` grows; when it is finished, `result` names the
    files.
    Assumed: how often one may ask, and how long tasks and links live, is not documented.

    Args:
        body (TaskStatusRequest): Which task to tell about. `token` is required where it travels
            in the body (documented); with the bearer header it
            is left out, which OpenAPI can't make depend on a header.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        ErrorAnswer | ErrorAnswer | TaskStatusSuccess
    """

    return sync_detailed(
        client=client,
        body=body,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient | Client,
    body: TaskStatusRequest,
) -> Response[ErrorAnswer | ErrorAnswer | TaskStatusSuccess]:
    """Tell a task's progress and, at the end, its files

     Safe to repeat. While the task runs, `progress` grows; when it is finished, `result` names the
    files.
    Assumed: how often one may ask, and how long tasks and links live, is not documented.

    Args:
        body (TaskStatusRequest): Which task to tell about. `token` is required where it travels
            in the body (documented); with the bearer header it
            is left out, which OpenAPI can't make depend on a header.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[ErrorAnswer | ErrorAnswer | TaskStatusSuccess]
    """

    kwargs = _get_kwargs(
        body=body,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient | Client,
    body: TaskStatusRequest,
) -> ErrorAnswer | ErrorAnswer | TaskStatusSuccess | None:
    """Tell a task's progress and, at the end, its files

     Safe to repeat. While the task runs, `progress` grows; when it is finished, `result` names the
    files.
    Assumed: how often one may ask, and how long tasks and links live, is not documented.

    Args:
        body (TaskStatusRequest): Which task to tell about. `token` is required where it travels
            in the body (documented); with the bearer header it
            is left out, which OpenAPI can't make depend on a header.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        ErrorAnswer | ErrorAnswer | TaskStatusSuccess
    """

    return (
        await asyncio_detailed(
            client=client,
            body=body,
        )
    ).parsed
