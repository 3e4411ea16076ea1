"""`custom_request`: equality and a part of MongoDB's query language, translated to SQL with parameters.

The meaning follows MongoDB: values of another type never compare equal, greater, or less; `$ne`, `$nin` and equality
with null also choose profiles that lack the field; a condition on an array is met by any one of its elements.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from typing import cast

from attrs import frozen

from profile_export.sandbox.fields import FIELDS

# SQLite limits the depth of an expression and the number of parameters; these stay well below.
MAX_DEPTH = 16
MAX_CONDITIONS = 500
MAX_VALUES = 10_000

Scalar = str | int | float
_WHOLE = re.compile(r"\s*-?[0-9]{1,40}\s*")
_COMPARISONS = {"$gt": ">", "$gte": ">=", "$lt": "<", "$lte": "<="}


class FilterError(ValueError):
    """The filter can't be applied; the text says why."""


@frozen
class Condition:
    """An SQL expression over the columns of a profile."""

    sql: str
    params: tuple[Scalar, ...] = ()


_NEVER = Condition("0")
_ALWAYS = Condition("1")


def compile_query(query: Mapping[str, object]) -> Condition:
    """Translate a filter. The empty filter chooses every profile."""
    return _Compiler().query(query, depth=1)


class _Compiler:
    def __init__(self) -> None:
        self._conditions = 0
        self._values = 0

    def query(self, query: Mapping[str, object], depth: int) -> Condition:
        if depth > MAX_DEPTH:
            raise FilterError(f"the filter is nested deeper than {MAX_DEPTH}")
        return _join("AND", [self._member(key, value, depth) for key, value in query.items()], empty=_ALWAYS)

    def _member(self, key: str, value: object, depth: int) -> Condition:
        self._conditions += 1
        if self._conditions > MAX_CONDITIONS:
            raise FilterError(f"the filter has more than {MAX_CONDITIONS} conditions")
        if key in ("$and", "$or"):
            parts = [self.query(part, depth + 1) for part in _queries(key, value)]
            return _join(key[1:].upper(), parts, empty=_NEVER)
        if key.startswith("$"):
            raise FilterError(f"unknown operator {_quote(key)}")
        if key not in FIELDS:
            raise FilterError(f"unknown field {_quote(key)}")
        return self._field(key, value)

    def _field(self, name: str, value: object) -> Condition:
        if not isinstance(value, dict):
            return self._equal(name, value)
        operators = cast("dict[str, object]", value)
        if not operators:
            raise FilterError(f"the condition on {_quote(name)} is empty")
        return _join("AND", [self._operator(name, *item) for item in operators.items()], empty=_ALWAYS)

    def _operator(self, name: str, operator: str, operand: object) -> Condition:
        self._conditions += 1
        if operator == "$ne":
            return self._not_equal(name, operand)
        if operator == "$in":
            return self._among(name, _items(operator, operand))
        if operator == "$nin":
            return self._not_among(name, _items(operator, operand))
        if operator == "$exists":
            return _exists(name, operand)
        if operator in _COMPARISONS:
            return self._compare(name, operator, operand)
        raise FilterError(f"unknown operator {_quote(operator)}")

    def _equal(self, name: str, value: object) -> Condition:
        if isinstance(value, list):
            return Condition(f'"{name}" IS ?', (_whole_array(name, cast("list[object]", value)),))
        if value is None:
            return _absent(name)
        usable = self._usable(name, [value])
        return _any_element(name, "= ?", usable) if usable else _NEVER

    def _not_equal(self, name: str, value: object) -> Condition:
        if isinstance(value, list):
            return Condition(f'"{name}" IS NOT ?', (_whole_array(name, cast("list[object]", value)),))
        if value is None:
            return _present(name)
        usable = self._usable(name, [value])
        return _no_element(name, "= ?", usable) if usable else _ALWAYS

    def _among(self, name: str, values: Sequence[object]) -> Condition:
        usable = self._usable(name, values)
        parts = [_any_element(name, f"IN ({_marks(usable)})", usable)] if usable else []
        if None in values:
            parts.append(_absent(name))
        return _join("OR", parts, empty=_NEVER)

    def _not_among(self, name: str, values: Sequence[object]) -> Condition:
        usable = self._usable(name, values)
        parts = [_no_element(name, f"IN ({_marks(usable)})", usable)] if usable else []
        if None in values:
            parts.append(_present(name))
        return _join("AND", parts, empty=_ALWAYS)

    def _compare(self, name: str, operator: str, operand: object) -> Condition:
        if operand is None:
            raise FilterError(f"{operator} needs a value to compare with, not null")
        usable = self._usable(name, [operand])
        return _any_element(name, f"{_COMPARISONS[operator]} ?", usable) if usable else _NEVER

    def _usable(self, name: str, values: Sequence[object]) -> tuple[Scalar, ...]:
        """Those values that have the field's type. SQLite would convert the others and find equals that aren't."""
        self._values += len(values)
        if self._values > MAX_VALUES:
            raise FilterError(f"the filter has more than {MAX_VALUES:,} values")
        checked = [_scalar(name, value) for value in values]
        if FIELDS[name] == "number":
            return tuple(value for value in checked if isinstance(value, int | float) and not isinstance(value, bool))
        return tuple(value for value in checked if isinstance(value, str))


def type_text_values(query: Mapping[str, object]) -> dict[str, object]:
    """Give XML's values, which all arrive as text, the type of their field."""
    return {name: _type_member(name, value) for name, value in query.items()}


def _type_member(name: str, value: object) -> object:
    if isinstance(value, list):
        return [_type_member(name, item) for item in cast("list[object]", value)]
    if FIELDS.get(name) != "number" or not isinstance(value, str):
        return value
    # int() alone would also take other scripts' digits and underscores.
    if not _WHOLE.fullmatch(value):
        raise FilterError(f"{_quote(name)} must be a whole number")
    return int(value)


def _queries(operator: str, value: object) -> list[dict[str, object]]:
    parts = cast("list[object]", value) if isinstance(value, list) else []
    if not parts or not all(isinstance(part, dict) for part in parts):
        raise FilterError(f"{operator} needs a non-empty array of objects")
    return cast("list[dict[str, object]]", parts)


def _items(operator: str, value: object) -> list[object]:
    if not isinstance(value, list):
        raise FilterError(f"{operator} needs an array")
    return cast("list[object]", value)


def _scalar(name: str, value: object) -> Scalar | None:
    if isinstance(value, dict | list):
        raise FilterError(f"the values for {_quote(name)} must be strings, numbers, booleans, or null")
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        raise FilterError(f"a number for {_quote(name)} is too large")
    if isinstance(value, float) and not math.isfinite(value):
        raise FilterError(f"a number for {_quote(name)} is not finite")
    return cast("Scalar | None", value)


def _whole_array(name: str, items: list[object]) -> str:
    if FIELDS[name] != "texts" or not all(isinstance(item, str) for item in items):
        raise FilterError(f"{_quote(name)} can't be compared with this array")
    return json.dumps(items, ensure_ascii=False, separators=(",", ":"))


def _any_element(name: str, test: str, params: tuple[Scalar, ...]) -> Condition:
    if FIELDS[name] == "texts":
        # The name is one of the known fields, and the test consists of an operator and parameter marks.
        found = f'SELECT 1 FROM json_each("{name}") AS item WHERE item.value {test}'  # noqa: S608
        return Condition(f"EXISTS ({found})", params)
    return Condition(f'"{name}" {test}', params)


def _no_element(name: str, test: str, params: tuple[Scalar, ...]) -> Condition:
    if FIELDS[name] == "texts":
        return Condition(f"NOT {_any_element(name, test, params).sql}", params)
    return Condition(f'("{name}" IS NULL OR NOT "{name}" {test})', params)


def _exists(name: str, wanted: object) -> Condition:
    if not isinstance(wanted, bool):
        raise FilterError("$exists needs true or false")
    return _present(name) if wanted else _absent(name)


def _absent(name: str) -> Condition:
    return Condition(f'"{name}" IS NULL')


def _present(name: str) -> Condition:
    return Condition(f'"{name}" IS NOT NULL')


def _join(word: str, parts: Sequence[Condition], *, empty: Condition) -> Condition:
    if not parts:
        return empty
    sql = f" {word} ".join(part.sql for part in parts)
    return Condition(f"({sql})", tuple(param for part in parts for param in part.params))


def _marks(values: Sequence[Scalar]) -> str:
    return ", ".join("?" * len(values))


def _quote(name: str) -> str:
    return json.dumps(name[:60], ensure_ascii=False)
