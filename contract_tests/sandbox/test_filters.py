"""Filters choose exactly the profiles that a plain reading of MongoDB's rules chooses."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from contract_tests.sandbox.conftest import OpenBench
from profile_export.sandbox.fields import FIELDS
from profile_export.sandbox.filters import FilterError, compile_query, type_text_values
from profile_export.sandbox.seed import generate

Profile = dict[str, Any]


def profiles() -> list[Profile]:
    return [
        {
            name: json.loads(str(value)) if name == "phones" else value
            for name, value in zip(FIELDS, row, strict=True)
            if value is not None
        }
        for row in generate(1, 1, 80)
    ]


PROFILES = profiles()
KNOWN: dict[str, list[Any]] = {name: [p[name] for p in PROFILES if name in p] for name in FIELDS}
KNOWN["phones"] = [phone for phones in KNOWN["phones"] for phone in phones]


@pytest.fixture(scope="module")
def database() -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(":memory:")
    kinds = {"number": "INTEGER", "text": "TEXT", "texts": "TEXT"}
    columns = ", ".join(f'"{name}" {kinds[kind]}' for name, kind in FIELDS.items())
    connection.execute(f"CREATE TABLE profiles ({columns})")
    marks = ", ".join("?" * len(FIELDS))
    connection.executemany(f"INSERT INTO profiles VALUES ({marks})", generate(1, 1, 80))
    yield connection
    connection.close()


def chosen(database: sqlite3.Connection, query: dict[str, Any]) -> list[int]:
    condition = compile_query(query)
    rows = database.execute(f"SELECT _id FROM profiles WHERE {condition.sql} ORDER BY _id", condition.params)
    return [row[0] for row in rows]


# The plain reading, written without a look at the SQL.


def same_type(left: object, right: object) -> bool:
    def kind(value: object) -> type:
        return float if isinstance(value, int) and not isinstance(value, bool) else type(value)

    return kind(left) is kind(right)


def elements(profile: Profile, name: str) -> list[Any]:
    if name not in profile:
        return []
    return list(profile[name]) if name == "phones" else [profile[name]]


def equals(profile: Profile, name: str, value: object) -> bool:
    if value is None:
        return name not in profile
    if isinstance(value, list):
        return bool(profile.get(name) == value)
    return any(same_type(item, value) and item == value for item in elements(profile, name))


def compares(profile: Profile, name: str, operator: str, value: Any) -> bool:
    for item in elements(profile, name):
        if same_type(item, value):
            results = {"$gt": item > value, "$gte": item >= value, "$lt": item < value, "$lte": item <= value}
            if results[operator]:
                return True
    return False


def meets(profile: Profile, name: str, operator: str, operand: Any) -> bool:
    if operator == "$ne":
        return not equals(profile, name, operand)
    if operator == "$in":
        return any(equals(profile, name, value) for value in operand)
    if operator == "$nin":
        return not any(equals(profile, name, value) for value in operand)
    if operator == "$exists":
        return operand is (name in profile)
    return compares(profile, name, operator, operand)


def matches(profile: Profile, query: dict[str, Any]) -> bool:
    for key, value in query.items():
        if key == "$and":
            good = all(matches(profile, part) for part in value)
        elif key == "$or":
            good = any(matches(profile, part) for part in value)
        elif isinstance(value, dict):
            good = all(meets(profile, key, operator, operand) for operator, operand in value.items())
        else:
            good = equals(profile, key, value)
        if not good:
            return False
    return True


def values(name: str) -> st.SearchStrategy[Any]:
    others = st.sampled_from(["", "doctor", "5", 5, 5.5, 0, -1, True, False, "active", "'; --", "\x00", 2**63 - 1])
    return st.sampled_from(KNOWN[name]) | others


def conditions(name: str) -> st.SearchStrategy[Any]:
    value = values(name)
    many = st.lists(value | st.none(), max_size=5)
    arrays = st.lists(st.sampled_from(KNOWN["phones"]), max_size=2) if name == "phones" else st.nothing()
    comparisons = st.dictionaries(st.sampled_from(["$gt", "$gte", "$lt", "$lte"]), value, min_size=1, max_size=2)
    others = {"$ne": value | st.none() | arrays, "$in": many, "$nin": many, "$exists": st.booleans()}
    one_of = [st.fixed_dictionaries({name: operand}) for name, operand in others.items()]
    return value | st.none() | arrays | comparisons | st.one_of(one_of)


def leaf_queries() -> st.SearchStrategy[dict[str, Any]]:
    pairs = st.sampled_from(list(FIELDS)).flatmap(lambda name: st.tuples(st.just(name), conditions(name)))
    return st.lists(pairs, max_size=3).map(dict)


QUERIES = st.recursive(
    leaf_queries(),
    lambda inner: st.builds(
        lambda word, parts, rest: {**rest, word: parts},
        st.sampled_from(["$and", "$or"]),
        st.lists(inner, min_size=1, max_size=3),
        leaf_queries(),
    ),
    max_leaves=4,
)


@settings(max_examples=100, deadline=None)
@given(query=QUERIES)
@example(query={})
@example(query={"phones": {"$ne": "+76914312250"}})
@example(query={"phones": []})
@example(query={"visits": "5"})
@example(query={"loyalty_code": 8056448})
@example(query={"comment": {"$in": ["\n", None]}})
@example(query={"visits": {"$gte": 100.5, "$lt": 200}})
@example(query={"_id": True})
@example(query={"_id": {"$ne": True}})
@example(query={"_id": 1.0})
@example(query={"_id": {"$gt": 40}})
@example(query={"_id": {"$gte": 40}})
@example(query={"_id": {"$lt": 40}})
@example(query={"_id": {"$lte": 40}})
def test_sql_and_plain_reading_agree(database: sqlite3.Connection, query: dict[str, Any]) -> None:
    assert chosen(database, query) == [profile["_id"] for profile in PROFILES if matches(profile, query)]


def test_the_operators_choose_something(database: sqlite3.Connection) -> None:
    """Guards the comparison above against agreeing on nothing."""
    for condition in (
        {"occupation": "doctor"},
        {"phones": KNOWN["phones"][0]},
        {"visits": {"$gt": 100, "$lte": 300}},
        {"_bdate": {"$gte": "1990-01-01"}},
        {"occupation": {"$exists": False}},
        {"occupation": {"$nin": ["doctor", None]}},
        {"$or": [{"_city": "Berlin"}, {"$and": [{"_status": "active"}, {"visits": {"$ne": 3}}]}]},
    ):
        assert 0 < len(chosen(database, condition)) < len(PROFILES)


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ({"nope": 1}, 'unknown field "nope"'),
        ({"database_id": 2}, "unknown field"),
        ({'_id" OR 1=1 --': 1}, "unknown field"),
        ({"$nor": [{}]}, r'unknown operator "\$nor"'),
        ({"$where": "1"}, "unknown operator"),
        ({"visits": {"$regex": "1"}}, "unknown operator"),
        ({"visits": {"value": 1}}, "unknown operator"),
        ({"visits": {"$or": [1]}}, "unknown operator"),
        ({"visits": {}}, "is empty"),
        ({"visits": [1]}, "can't be compared"),
        ({"phones": [1]}, "can't be compared"),
        ({"visits": {"$in": 1}}, "needs an array"),
        ({"visits": {"$in": [[1]]}}, "must be strings, numbers"),
        ({"visits": {"$gt": {}}}, "must be strings, numbers"),
        ({"visits": {"$gt": None}}, "not null"),
        ({"visits": {"$exists": "yes"}}, "true or false"),
        ({"visits": 2**63}, "too large"),
        ({"visits": -(2**63) - 1}, "too large"),
        ({"visits": float("inf")}, "not finite"),
        ({"$or": {}}, "non-empty array"),
        ({"$or": []}, "non-empty array"),
        ({"$and": [1]}, "non-empty array"),
        ({"$and": [{"visits": 1}] * 501}, "more than 500 conditions"),
        ({"visits": {"$in": list(range(10_001))}}, "more than 10,000 values"),
    ],
    ids=range(24),
)
def test_what_is_not_understood_is_refused(query: dict[str, Any], text: str) -> None:
    with pytest.raises(FilterError, match=text):
        compile_query(query)


def test_nesting_is_limited() -> None:
    query: dict[str, Any] = {"visits": 1}
    for _ in range(15):
        query = {"$or": [query]}
    compile_query(query)
    with pytest.raises(FilterError, match="nested deeper than 16"):
        compile_query({"$and": [query]})


def test_the_largest_filters_still_run(database: sqlite3.Connection) -> None:
    assert chosen(database, {"$or": [{"visits": number} for number in range(499)]}) == list(range(1, 81))
    assert chosen(database, {"visits": {"$in": list(range(10_000))}}) == list(range(1, 81))


def test_text_values_get_the_type_of_their_field() -> None:
    typed = type_text_values({"visits": " 5 ", "loyalty_code": "005", "phones": ["1", "2"]})
    assert typed == {"visits": 5, "loyalty_code": "005", "phones": ["1", "2"]}
    for text in ("5.5", "", "five", "1_0", "\uff15", "9" * 5000):
        with pytest.raises(FilterError, match="whole number"):
            type_text_values({"visits": text})


def test_a_segment_narrows_its_database_and_a_filter_narrows_further(open_bench: OpenBench) -> None:
    bench = open_bench(profiles=400)
    everyone = bench.csv_rows()
    medical = bench.csv_rows(source_type="segment", source_id=7)
    doctors = bench.csv_rows(source_type="segment", source_id=7, custom_request={"occupation": "doctor"})
    assert medical == [row for row in everyone if row["occupation"] in ("doctor", "nurse", "surgeon")]
    assert doctors == [row for row in everyone if row["occupation"] == "doctor"]
    assert 0 < len(doctors) < len(medical) < len(everyone) == 400
    assert bench.csv_rows(custom_request={}) == everyone


def test_sources_differ(open_bench: OpenBench) -> None:
    bench = open_bench(profiles=100)
    database_1, database_2 = bench.csv_rows(), bench.csv_rows(source_id=2)
    segment_1 = bench.csv_rows(source_type="segment", source_id=1)
    assert (len(database_1), len(database_2)) == (100, 10)
    assert database_2 != database_1[:10]
    assert segment_1 == [row for row in database_2 if row["_status"] == "active"]
    assert bench.csv_rows(source_type="segment", source_id=9) == []


@pytest.mark.parametrize("count", [1, 2, 3, 17])
def test_segment_7_is_a_proper_part_of_any_database(open_bench: OpenBench, count: int) -> None:
    bench = open_bench(profiles=count)
    assert len(bench.csv_rows(source_type="segment", source_id=7)) < len(bench.csv_rows()) == count
