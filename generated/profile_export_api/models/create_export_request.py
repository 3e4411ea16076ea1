from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.file_format_type_0 import FileFormatType0
from ..models.source_type import SourceType
from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.custom_request import CustomRequest


T = TypeVar("T", bound="CreateExportRequest")


@_attrs_define
class CreateExportRequest:
    """What to export. `token` is required where it travels in the body (documented); with the bearer header it is left
    out, which OpenAPI can't make depend on a header.

        Attributes:
            token (str): The API token, an opaque string. Left out when the bearer header is used instead.
            source_type (SourceType): Kind of the data source.
            source_id (int): Id of the database or segment.
            file_format (FileFormatType0 | str | Unset): csv is documented; json stands in an older copy of the page
                (elsewhere). Others may exist, so the set is open.
                 Default: FileFormatType0.CSV.
            custom_request (CustomRequest | Unset): Profile fields that narrow the selection, such as `{"occupation":
                "doctor"}` (documented). System fields begin
                with `_` (elsewhere). Assumed: MongoDB query operators such as `$or`, which a sibling operation documents.
                Assumed for XML: nested elements; a key that is no XML name can't be sent in XML.
    """

    token: str
    source_type: SourceType
    source_id: int
    file_format: FileFormatType0 | str | Unset = FileFormatType0.CSV
    custom_request: CustomRequest | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        token = self.token

        source_type = self.source_type.value

        source_id = self.source_id

        file_format: str | Unset
        if isinstance(self.file_format, Unset):
            file_format = UNSET
        elif isinstance(self.file_format, FileFormatType0):
            file_format = self.file_format.value
        else:
            file_format = self.file_format

        custom_request: dict[str, Any] | Unset = UNSET
        if not isinstance(self.custom_request, Unset):
            custom_request = self.custom_request.to_dict()

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "token": token,
                "source_type": source_type,
                "source_id": source_id,
            }
        )
        if file_format is not UNSET:
            field_dict["file_format"] = file_format
        if custom_request is not UNSET:
            field_dict["custom_request"] = custom_request

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.custom_request import CustomRequest  # noqa: PLC0415

        d = dict(src_dict)
        token = d.pop("token")

        source_type = SourceType(d.pop("source_type"))

        source_id = d.pop("source_id")

        def _parse_file_format(data: object) -> FileFormatType0 | str | Unset:
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                componentsschemas_file_format_type_0 = FileFormatType0(data)

                return componentsschemas_file_format_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(FileFormatType0 | str | Unset, data)

        file_format = _parse_file_format(d.pop("file_format", UNSET))

        _custom_request = d.pop("custom_request", UNSET)
        custom_request: CustomRequest | Unset
        if isinstance(_custom_request, Unset):
            custom_request = UNSET
        else:
            custom_request = CustomRequest.from_dict(_custom_request)

        create_export_request = cls(
            token=token,
            source_type=source_type,
            source_id=source_id,
            file_format=file_format,
            custom_request=custom_request,
        )

        create_export_request.additional_properties = d
        return create_export_request

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
