"""format_reader.py HEADER.h SEGMENT DUMPS.jsonl: a reader of segments that knows of the format only what arenatop.h says.

It takes the places and keys of the figures from the tables in the header, and the rest from its comments and structs, and
finds in each snapshot of a segment's copy what `arenatop dump --all` says of it."""
import json, re, struct, sys

header, path, dumps = sys.argv[1:]
source = open(header, encoding="utf-8").read()
segment = open(path, "rb").read()


def number(name):
    return int(re.search(rf"#define {name} +(\d+)u?\b", source)[1])


def table(name):
    return re.search(rf"#define AT_{name}\(X\)((?:.*\\\n)*.*\n)", source)[1]


def fields(name):
    return [(key, int(at), kind == "BALANCE") for at, key, kind in re.findall(r"X\((\d+), (\w+), (\w+),", table(name + "_FIELDS"))]


def words(name):
    return {int(value): word for value, word in re.findall(r'X\((\d+), \w+, "([^"]*)"\)', table(name))}


states, modes, reasons = words("STATES"), words("MODES"), words("REASONS")
sections = {int(value): name for name, value in re.findall(r"AT_SECTION_(\w+) = (\d+)", source)}
page, align = number("AT_HEADER_BYTES"), number("AT_RECORD_ALIGN")


def word(at, bits=32, signed=False):
    return int.from_bytes(segment[at : at + bits // 8], "little", signed=signed)


def text(at, most):
    return segment[at : at + most].split(b"\0")[0].decode("utf-8")


# ---- the header ----

assert segment[:8] == b"ARENATOP" and word(8) == number("AT_VERSION_MAJOR") and word(16) == page
ring_bytes = word(24, 64)
assert len(segment) >= page + ring_bytes
head, tail_intent, tail = (word(at, 64) for at in (640, 768, 896))
assert tail_intent == tail  # at rest

# ---- rows ----


def figures(name, at, stride):
    return {
        key: word(at + offset, 64, balance) if offset + 8 <= stride else 0 for key, offset, balance in fields(name)
    }


def class_row(at, stride, _):
    said = {"name": text(at, number("AT_CLASS_NAME_BYTES")), "mode": modes[word(at + 64)], "why": reasons[word(at + 68)]}
    return said | figures("CLASS", at, stride)


def flow_row(at, stride, names):
    return {"owner": names[word(at)], "freed_by": names[word(at + 4)]} | figures("FLOW", at, stride)


def arena_row(at, stride, names):
    return {"index": word(at), "class": names[word(at + 4)]} | figures("ARENA", at, stride)


def thread_row(at, stride, names):
    name = text(at + 8, number("AT_THREAD_NAME_BYTES"))
    return {"tid": word(at), "name": name, "class": names[word(at + 4)]} | figures("THREAD", at, stride)


def size_row(at, stride, _):
    kinds = {int(value): kind.lower() for kind, value in re.findall(r"AT_SIZE_(BIN|LARGE) = (\d+)", source)}
    return {"arena": word(at), "kind": kinds[word(at + 4)]} | figures("SIZE", at, stride)


def agent_row(at, stride, _):
    return figures("AGENT", at, stride)


def process_row(at, stride, _):
    return figures("PROCESS", at, stride)


def warning_row(at, _, __):
    return text(at, number("AT_WARNING_BYTES"))


readers = {
    "AGENT": agent_row,
    "PROCESS": process_row,
    "CLASSES": class_row,
    "FLOWS": flow_row,
    "ARENAS": arena_row,
    "THREADS": thread_row,
    "WARNINGS": warning_row,
    "SIZES": size_row,
}

# ---- a snapshot, as the dump has it ----


def snapshot(at, sequence):
    size, count, seq, time_ns, mono_ns, state, mode, reason = struct.unpack_from("<2I3Q3I", segment, at)
    assert seq == sequence
    places = {}
    for row in range(count):
        kind, offset, rows, stride = struct.unpack_from("<4I", segment, at + 48 + 16 * row)
        assert offset % 8 == stride % 8 == 0 and 48 + 16 * count <= offset and offset + rows * stride <= size
        places[sections.get(kind)] = (at + offset, rows, stride)
    names = []

    def rows_of(name):
        start, rows, stride = places.get(name, (0, 0, 0))
        return [readers[name](start + row * stride, stride, names) for row in range(rows)]

    classes = rows_of("CLASSES")
    names += [one["name"] for one in classes]
    said = {
        "schema": "arenatop/1",
        "pid": word(32),
        "comm": text(104, 16),
        "state": "exited" if states[state] == "exited" else "live",
        "seq": seq,
        "time_ns": time_ns,
        "mono_ns": mono_ns,
        "agent": {
            "version": text(120, 32),
            "jemalloc": text(152, 64),
            "mode": modes[mode],
            "why": reasons[reason],
            **rows_of("AGENT")[0],
            "warnings": rows_of("WARNINGS"),
        },
        "process": rows_of("PROCESS")[0],
        "classes": classes,
        "flows": rows_of("FLOWS"),
        "arenas": rows_of("ARENAS"),
        "threads": rows_of("THREADS"),
        "sizes": rows_of("SIZES"),
    }
    said["agent"]["interval_ms"] = said["agent"]["interval_ns"] // 1000000
    return said


def records():
    at = head
    while at < tail:
        place = page + at % ring_bytes
        length, kind, sequence = struct.unpack_from("<2IQ", segment, place)
        assert at % align == 0 and align <= length <= ring_bytes - at % ring_bytes
        if kind == 1:
            yield snapshot(place + align, sequence)
        at += -(-length // align) * align
    assert at == tail


count = 0
with open(dumps, newline="\n", encoding="utf-8") as lines:
    for mine, line in zip(records(), lines, strict=True):
        theirs = json.loads(line)
        theirs.pop("time")
        theirs.setdefault("sizes", [])
        assert mine == theirs, f"snapshot {mine['seq']}:\n{mine}\n{theirs}"
        count += 1
assert count > 1
print(count, "snapshots from", head)
