# books.jq: where a snapshot disagrees with the books that a program kept of itself (tests/workloads/books.h); nothing when
# it does not. Input: the snapshot. $books: the program's books. $base: a snapshot taken before the program began, or null.
#
# Of each class that the program names, live, alloc_bytes and released_bytes are compared, and each cell of the matrix with
# that class as owner or as freed_by, those included that only one of the two has. What the C library allocated on a class's
# behalf (.library) is added to the program's own. $expect_unbound: what the program calls by this name is (unbound).

def class($of; $name): ([$of.classes[]? | select(.name == $name)] | first) // {live: 0, alloc_bytes: 0, released_bytes: 0};
def cell($of; $owner; $by):
    ([$of.flows[]? | select(.owner == $owner and .freed_by == $by)] | first) // {bytes: 0, count: 0};
def grown($name; $key): class(.; $name)[$key] - class($base // {}; $name)[$key];
def moved($owner; $by; $key): cell(.; $owner; $by)[$key] - cell($base // {}; $owner; $by)[$key];
def library($name): [$books.library[]? | select(.class == $name) | .bytes] | add // 0;

def of_class($name):
    . as $snapshot | library($name) as $library
    | {live: $library, alloc_bytes: $library, released_bytes: 0} | to_entries[] | . as {$key, value: $extra}
    | (class($books; $name)[$key] + $extra) as $wanted | ($snapshot | grown($name; $key)) as $got
    | select($wanted != $got) | {class: $name, $key, $wanted, $got, off: ($got - $wanted)};

def of_cell($owner; $by):
    . as $snapshot | ("bytes", "count") as $key
    | cell($books; $owner; $by)[$key] as $wanted | ($snapshot | moved($owner; $by; $key)) as $got
    | select($wanted != $got) | {$owner, freed_by: $by, $key, $wanted, $got, off: ($got - $wanted)};

[$books.classes[].name] as $named
| . as $snapshot
| ($named + [.classes[].name] | unique) as $all
| ($named[] as $name | $snapshot | of_class($name)),
  ($all[] as $owner | $all[] as $by | select(any($named[]; . == $owner or . == $by)) | $snapshot | of_cell($owner; $by))
