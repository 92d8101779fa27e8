#!/usr/bin/env bash
# proto/snapshot.schema.json: every dump is valid by it, what is no dump is not, and it knows every key.
# shellcheck source=tests/e2e/lib.sh
. "${0%/*}/lib.sh"
SYNTH=$BUILD/tests/synth
SCHEMA=$ROOT/proto/snapshot.schema.json

# Whichever Python has the validator: Debian's has it from its package.
for python in python3 /usr/bin/python3; do
    "$python" -c 'import jsonschema' 2>/dev/null && break
done || bail "no Python with jsonschema"

cat >validate.py <<'PYTHON'
"""validate.py SCHEMA FILE [strict]: each line of FILE by SCHEMA; strict: with no key that the schema does not name."""
import json, sys
import jsonschema

def closed(node):
    if isinstance(node, dict):
        node = {key: closed(value) for key, value in node.items()}
        if node.get("type") == "object":
            node["additionalProperties"] = False
    return node

schema = json.load(open(sys.argv[1]))
jsonschema.Draft202012Validator.check_schema(schema)
validator = jsonschema.Draft202012Validator(closed(schema) if len(sys.argv) > 3 else schema)
lines = open(sys.argv[2], newline="\n", encoding="utf-8").read().rstrip("\n").split("\n")  # no name ends a line
assert lines
for line in lines:
    for error in validator.iter_errors(json.loads(line)):
        sys.exit(f"{'/'.join(map(str, error.absolute_path))}: {error.message}"[:500])
PYTHON
valid() {
    "$python" validate.py "$SCHEMA" "$@"
}

"$SYNTH" --names weird --classes 65 --threads 4 --flows 200 --warnings 3 --unexplained -512 --file weird
"$SYNTH" --mode flow --reason 2 --classes 2 --threads 0 --arenas 1 --flows 0 --end keep --file plain
for file in weird plain; do
    "$ARENATOP" dump ./$file --all -o $file.json
    check "all snapshots of '$file' are valid" valid $file.json
    check "and have no key that the schema does not name" valid $file.json strict
done

# A validator that takes anything proves nothing.
"$ARENATOP" dump ./weird -o one.json
invalid() { # JQ_EXPRESSION
    jq -c "$1" one.json >broken.json && ! valid broken.json
}
broken() { # WHAT JQ_EXPRESSION
    check "not valid: $1" invalid "$2"
}
broken "without its classes" 'del(.classes)'
broken "a class without live" 'del(.classes[3].live)'
broken "a figure that is a string" '.process.rss = "12"'
broken "a figure that is no integer" '.process.rss = 1.5'
broken "a figure below zero" '.classes[0].live = -1'
broken "a state that there is not" '.state = "dead"'
broken "another schema" '.schema = "arenatop/2"'
broken "a time of another form" '.time = "yesterday"'
broken "a warning that is none" '.agent.warnings = [1]'
check "unexplained may be below zero" eval 'holds one.json ".process.unexplained == -512" && valid one.json'
check "new keys may come" eval 'jq -c ".process.added = 1 | .classes[0].added = {}" one.json >new.json && valid new.json'
done_testing
