from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.source_type import SourceType
from ..types import UNSET, Unset

T = TypeVar("T", bound="TaskResult")


@_attrs_define
class TaskResult:
    """What a finished task made.

    Attributes:
        errors (list[Any] | Unset): Documented as an empty array, absent in an older copy (elsewhere). What its items
            are is unknown.
        source_id (int | Unset): The request's source_id.
        total (int | Unset): Number of profiles (documented). Assumed to count over all files, without header rows.
        type_ (SourceType | str | Unset): The request's source_type.
        urls (list[str] | None | Unset): Server-relative links to the files (documented). Assumed to be absent, null or
            empty before the end.
    """

    errors: list[Any] | Unset = UNSET
    source_id: int | Unset = UNSET
    total: int | Unset = UNSET
    type_: SourceType | str | Unset = UNSET
    urls: list[str] | None | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        errors: list[Any] | Unset = UNSET
        if not isinstance(self.errors, Unset):
            errors = self.errors

        source_id = self.source_id

        total = self.total

        type_: str | Unset
        if isinstance(self.type_, Unset):
            type_ = UNSET
        elif isinstance(self.type_, SourceType):
            type_ = self.type_.value
        else:
            type_ = self.type_

        urls: list[str] | None | Unset
        if isinstance(self.urls, Unset):
            urls = UNSET
        elif isinstance(self.urls, list):
            urls = self.urls

        else:
            urls = self.urls

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({})
        if errors is not UNSET:
            field_dict["errors"] = errors
        if source_id is not UNSET:
            field_dict["source_id"] = source_id
        if total is not UNSET:
            field_dict["total"] = total
        if type_ is not UNSET:
            field_dict["type"] = type_
        if urls is not UNSET:
            field_dict["urls"] = urls

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        errors = cast(list[Any], d.pop("errors", UNSET))

        source_id = d.pop("source_id", UNSET)

        total = d.pop("total", UNSET)

        def _parse_type_(data: object) -> SourceType | str | Unset:
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                type_type_0 = SourceType(data)

                return type_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(SourceType | str | Unset, data)

        type_ = _parse_type_(d.pop("type", UNSET))

        def _parse_urls(data: object) -> list[str] | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, list):
                    raise TypeError()
                urls_type_0 = cast(list[str], data)

                return urls_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(list[str] | None | Unset, data)

        urls = _parse_urls(d.pop("urls", UNSET))

        task_result = cls(
            errors=errors,
            source_id=source_id,
            total=total,
            type_=type_,
            urls=urls,
        )

        task_result.additional_properties = d
        return task_result

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
