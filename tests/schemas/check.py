#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Check the schemas of events, and that they accept and refuse what they should.

usage: check.py SCHEMAS ACCEPTED REFUSED MADE

Each schema must be valid JSON Schema 2020-12 with an `$id` of its own that is the dataschema of its
events, and refer to nothing outside itself.  Each property must have a description, an example that is
valid, and something that restricts its value.

ACCEPTED has valid events, one a line: {"name", "event"}.  REFUSED has broken ones, one a line: {"why",
"of", "set", "remove"}: the event OF, by its name in ACCEPTED or by its type for the example of the schema,
in which the members at the JSON pointers of SET are replaced or added and those of REMOVE removed.  OF must
be valid, and all faults of the broken event must be at one place.

MADE has the events that patchmark makes of tests/mails/examples.mbox, one a line.  The example of each
schema must be one of them, unless no mail causes the type.

Exit status: 0 if all is as it should be, 1 if not, 2 if the check could not run.
"""
import collections
import copy
import json
import os
import sys

try:
    from jsonschema import Draft202012Validator, FormatChecker
except ImportError as missing:
    print(f"check.py: {missing}: install python3-jsonschema", file=sys.stderr)
    sys.exit(2)

# The keywords that take a schema, a list of schemas, or an object of schemas.
ONE = ("items", "contains", "not", "if", "then", "else", "additionalProperties", "propertyNames")
SEVERAL = ("allOf", "anyOf", "oneOf")
NAMED = ("properties", "$defs", "patternProperties", "dependentSchemas")
# What restricts a value.  A list is restricted by its items, an object by its members.
RESTRICTIONS = {
    "string": ("pattern", "format", "maxLength"),
    "integer": ("minimum", "maximum"),
    "array": ("items",),
    "object": ("properties", "propertyNames", "additionalProperties", "allOf"),
}

faults = []


def fault(text):
    faults.append(text)


def schemas_in(schema, where=""):
    """Yields the path and the text of each schema in SCHEMA."""
    yield where, schema
    for key in ONE:
        if isinstance(schema.get(key), dict):
            yield from schemas_in(schema[key], f"{where}/{key}")
    for key in SEVERAL:
        for i, part in enumerate(schema.get(key, [])):
            yield from schemas_in(part, f"{where}/{key}/{i}")
    for key in NAMED:
        for name, part in schema.get(key, {}).items():
            yield from schemas_in(part, f"{where}/{key}/{name}")


def declared_in(schema, where):
    """Yields the path and the schema of each property that SCHEMA declares; not those of conditions."""
    for name, part in schema.get("properties", {}).items():
        yield f"{where}/properties/{name}", part
        yield from declared_in(part, f"{where}/properties/{name}")


def resolved(schema, root):
    return {**root["$defs"][schema["$ref"].rpartition("/")[2]], **schema} if "$ref" in schema else schema


def is_restricted(schema):
    if "const" in schema or "enum" in schema or schema.get("type") == "boolean":
        return True
    return any(key in schema for key in RESTRICTIONS.get(schema.get("type"), ()))


def property_check(where, part, root, name):
    """Checks that a property says what it is, has a valid example, and is restricted."""
    whole = resolved(part, root)
    if not part.get("description"):
        fault(f"{name}{where} has no description")
    if not whole.get("examples"):
        fault(f"{name}{where} has no example")
    if not is_restricted(whole):
        fault(f"{name}{where} accepts anything")
    validator = Draft202012Validator({**root, **{"properties": {"value": part}, "required": [], "allOf": []}})
    for example in whole.get("examples", []):
        for error in validator.iter_errors({"value": example}):
            fault(f"{name}{where}: the example {json.dumps(example)[:80]} is invalid: {error.message[:200]}")


def schema_check(name, schema):
    Draft202012Validator.check_schema(schema)
    for where, part in schemas_in(schema):
        if where and ("$id" in part or "$schema" in part):
            fault(f"{name}{where} has an $id of its own")
        if "$ref" in part and part["$ref"].rpartition("/")[0] != "#/$defs":
            fault(f"{name}{where} refers to {part['$ref']}")
        elif "$ref" in part and part["$ref"].rpartition("/")[2] not in schema["$defs"]:
            fault(f"{name}{where} refers to nothing")
        if part.get("additionalProperties") is False or "unevaluatedProperties" in part:
            fault(f"{name}{where} refuses unknown members")
    for where, part in declared_in(schema, ""):
        property_check(where, part, schema, name)
    for key, definition in schema["$defs"].items():
        if not definition.get("description"):
            fault(f"{name}/$defs/{key} has no description")
        for where, part in declared_in(definition, f"/$defs/{key}"):
            property_check(where, part, schema, name)
    properties = schema["properties"]
    if properties["type"]["const"] != name or schema["title"] != name:
        fault(f"{name} is the schema of another type")
    if properties["dataschema"]["const"] != schema["$id"] + "#/properties/data":
        fault(f"{name}: dataschema is not that of its $id")
    if not schema.get("examples"):
        fault(f"{name} has no example")
    for example in schema.get("examples", []):
        for error in Draft202012Validator(schema, format_checker=FormatChecker()).iter_errors(example):
            fault(f"{name}: the example is invalid: {error.message[:200]}")


def schemas_read(folder):
    """Returns the schemas by type."""
    schemas, owners = {}, {}
    for file_name in sorted(os.listdir(folder)):
        with open(os.path.join(folder, file_name), encoding="utf-8") as file:
            schema = json.load(file)
        name = file_name[: -len(".json")]
        schemas[name] = schema
        if owners.setdefault(schema["$id"], name) != name:
            fault(f"{name} has the $id of {owners[schema['$id']]}")
        schema_check(name, schema)
    return schemas


def lines_of(path):
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file if line.strip()]


# ---- events ----------------------------------------------------------------------------------------


def errors_of(event, validators):
    """Returns the faults of an event, as pairs of the place and the fault."""
    if event.get("type") not in validators:
        return [("$.type", f"no schema for {event.get('type')!r}")]
    return [(error.json_path, error.message[:200]) for error in validators[event["type"]].iter_errors(event)]


def place_of(event, pointer):
    """Returns the object or list that holds the member at POINTER, and the key of the member."""
    *path, key = pointer.split("/")[1:]
    for step in path:
        event = event[int(step)] if isinstance(event, list) else event[step]
    return event, int(key) if isinstance(event, list) else key


def broken(event, line):
    event = copy.deepcopy(event)
    for pointer in line.get("remove", []):
        owner, key = place_of(event, pointer)
        del owner[key]
    for pointer, value in line.get("set", {}).items():
        owner, key = place_of(event, pointer)
        if not isinstance(owner, list) and owner.get(key) == value:
            raise ValueError(f"{line['why']}: {pointer} has this value anyway")
        owner[key] = value
    return event


def events_check(schemas, accepted, refused):
    validators = {name: Draft202012Validator(schema) for name, schema in schemas.items()}
    events = {name: schema["examples"][0] for name, schema in schemas.items()}
    counts = collections.Counter()
    for line in accepted:
        events[line["name"]] = line["event"]
        counts[line["event"]["type"]] += 1
        for error in errors_of(line["event"], validators):
            fault(f"'{line['name']}' is refused: {': '.join(error)}")
    for name in schemas:
        if counts[name] < 2:
            fault(f"fewer than two accepted events of the type {name}")
    for line in refused:
        errors = errors_of(broken(events[line["of"]], line), validators)
        if len({place for place, _ in errors}) != 1:
            fault(f"'{line['of']}' with this fault: {line['why']}: {errors or 'accepted'}")
    if len({line["why"] + line["of"] for line in refused}) != len(refused):
        fault("two refused events have the same reason")
    print(f"check.py: {len(schemas)} schemas, {len(accepted)} accepted events, {len(refused)} refused events")


def examples_check(schemas, made):
    """Checks that the examples, which people copy, are what patchmark makes."""
    for name, schema in schemas.items():
        causes = "message" in schema["properties"]["data"]["properties"]
        if causes and not any(event == schema["examples"][0] for event in made):
            near = [event for event in made if event["id"] == schema["examples"][0]["id"]]
            fault(f"patchmark does not make the example of {name}{': ' + json.dumps(near[0]) if near else ''}")


def main():
    if len(sys.argv) != 5:
        print("usage: check.py SCHEMAS ACCEPTED REFUSED MADE", file=sys.stderr)
        return 2
    try:
        schemas = schemas_read(sys.argv[1])
        events_check(schemas, lines_of(sys.argv[2]), lines_of(sys.argv[3]))
        examples_check(schemas, lines_of(sys.argv[4]))
    except (OSError, KeyError, IndexError, ValueError) as error:
        print(f"check.py: {type(error).__name__}: {error}", file=sys.stderr)
        return 2
    for text in faults:
        print(f"check.py: {text}")
    return 1 if faults else 0


sys.exit(main())
