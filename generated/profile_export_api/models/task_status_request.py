from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="TaskStatusRequest")


@_attrs_define
class TaskStatusRequest:
    """Which task to tell about. `token` is required where it travels in the body (documented); with the bearer header it
    is left out, which OpenAPI can't make depend on a header.

        Attributes:
            token (str): The API token, an opaque string. Left out when the bearer header is used instead.
            task_id (str): Id of the export task, opaque; with and without the prefix `task_`, and not always a true UUID.
    """

    token: str
    task_id: str
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        token = self.token

        task_id = self.task_id

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "token": token,
                "task_id": task_id,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        token = d.pop("token")

        task_id = d.pop("task_id")

        task_status_request = cls(
            token=token,
            task_id=task_id,
        )

        task_status_request.additional_properties = d
        return task_status_request

    @property
    def additional_keys(self) -> list[str]:
        return list(self.additional_properties.keys())

    def __getitem__(self, key: str) -> Any:
        return self.additional_properties[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self.additional_properties[key] = value

    def __delitem__(self, key: str) -> None:
        del self.additional_properties[key]

    def __contains__(self, key: str) -> bool:
        return key in self.additional_properties
