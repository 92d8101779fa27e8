#!/usr/bin/env bash
# What a person chose is there the next time; a damaged file is said once and does no harm.
# shellcheck source=tests/e2e/lib.sh
. "${0%/*}/lib.sh"
# shellcheck source=tests/e2e/view.bash
. "$ROOT/tests/e2e/view.bash"

segment redis
file=$XDG_CONFIG_HOME/arenatop/settings

quit() {
    keys q
    wait_for "the end" left_terminal 0
}

open_view 120x24 ./redis
quit
check "who changes nothing leaves no file" test ! -e "$file"

open_view 120x24 ./redis
press u '>' I t '<' C Down Down Down Enter Escape i d BSpace 0 . 5 Enter P
check "before" wait_screen 'Colours: light'
quit
check "the file" equal "# What arenatop remembers; written when it ends.
unit=bytes
palette=light
hide_idle=yes
delay=0.500000000
classes.columns=name,threads,live,live/s,alloc_bytes/s,free_bytes/s,given/s,taken/s,peak,cached,dirty,resident,trend
classes.order=-live/s
threads.columns=name,tid,class,free_bytes/s,alloc_bytes,free_bytes
threads.order=class
arenas.columns=name,index,threads,allocated,allocated/s,active,dirty,muzzy,resident,retained,metadata,tcache_bytes
arenas.order=allocated
sizes.columns=name,sort,id,bytes,blocks,held,unused,nmalloc,ndalloc
sizes.order=bytes" "$(cat "$file")"
check "is the user's alone" equal 700 "$(stat -c %a "${file%/*}")"

open_view 120x24 ./redis
check "the order is as it was left" wait_screen 'Δ/s▴'
check "so is the unit" wait_screen '[0-9]+,[0-9]{3},[0-9]{3}'
shows_after "and the columns" 'THREAD +TID  CLASS▴' t
check "without the hidden one" hidden 'ALLOC/s'
check "that idle rows are hidden is said" wait_screen '  idle hidden  '
shows_after "and the delay" 'frames: 0.500$' d
press Escape
quit

open_view 120x24 -d 7 ./redis
shows_after "an option goes before what was left" 'frames: 7$' d
press Escape i
wait_screen 'What is idle is shown'
quit
check "and is not kept with what was changed" grep -q '^delay=0.500000000$' "$file"

before=$(stat -c %Y.%i "$file")
open_view 120x24 ./redis
quit
check "who changes nothing leaves the file" equal "$before" "$(stat -c %Y.%i "$file")"
check "the batch mode is not the user's taste" bash -c '"$0" -b -n 1 ./redis | grep -q "LIVE▾"' "$ARENATOP"

# A signal ends the view; what was changed is kept all the same.
open_view 120x24 ./redis
press u
wait_screen 'Unit: percent'
kill -TERM "$(terminal display-message -p -t view '#{pane_pid}')"
check "SIGTERM keeps what was changed" wait_for "the file" grep -q '^unit=percent$' "$file"

# ---- damage ----

damaged() { # NAME LINE: whatever stands in the file, the view starts, says so once, and uses none of it
    printf '%s\n' 'unit=bytes' "$2" >"$file"
    open_view 120x24 ./redis
    check "$1 is said" wait_screen 'settings: damaged in line 2: ignored'
    check "$1: nothing of it is used" hidden '[0-9]+,[0-9]{3},[0-9]{3}'
    hides_after "$1 is said once" 'damaged' Down
    quit
    check "$1: the file stays as it is" equal "$2" "$(tail -n 1 "$file")"
}
damaged "an unknown key" 'colour=green'
damaged "a line without a value" 'unit'
damaged "an unknown unit" 'unit=furlong'
damaged "an unknown column" 'classes.columns=name,nonsense'
damaged "columns without the name" 'classes.columns=live,name'
damaged "a column twice" 'classes.columns=name,live,live'
damaged "an order that is none" 'classes.order=trend'
damaged "a delay that is none" 'delay=-1'
damaged "binary data" $'\001\002\377\376'

rm -f "$file"
mkdir "$file"
open_view 120x24 ./redis
check "a directory in its place is said" wait_screen 'settings: '
quit
rmdir "$file"

# Where nothing can be written, that is said at the end, and the view itself does not care.
rm -rf "$XDG_CONFIG_HOME"
touch "$XDG_CONFIG_HOME"
close_terminal
open_terminal 120x24 bash -c 'printf "\n\n\n"; exec "$0" ./redis' "$ARENATOP"
wait_screen 'LIVE'
press u
wait_screen 'Unit'
keys q
check "a file that cannot be written is said, in one line" wait_screen \
    "^arenatop: $file: Not a directory; what was chosen is not kept\$"
check "and is no failure of the view" wait_for "its end" left_terminal 0
rm -f "$XDG_CONFIG_HOME"

# ---- calls that fail ----

# Whatever the disk refuses: the view works, what it could not keep is said, and the file is whole, the old one or the new.
refused() { # NAME WHAT_IS_SAID COMMAND...: the command stands before the view
    local name=$1 said=$2
    shift 2
    printf 'unit=bytes\n' >"$file"
    close_terminal
    # shellcheck disable=SC2016 # for the shell that becomes the view
    open_terminal 120x24 bash -c 'printf "\n\n\n"; exec "$@"' opened "$@" "$ARENATOP" ./redis
    check "$name: the view works" wait_screen 'LIVE'
    press I
    wait_screen 'LIVE▴'
    keys q
    check "and what it could not keep is said" wait_screen "^arenatop: .*settings: $said.*; what was chosen is not kept"
    check "the file is whole" matches '^unit=bytes$|^sizes.order=bytes$' "$(tail -n 1 "$file")"
    check "and nothing is beside it" equal settings "$(ls -A "${file%/*}")"
}
mkdir -p "${file%/*}"
if [ -z "${SANITIZE:-}" ]; then
    for fault in "mkostemp 28 No space left" "mkostemp 13 Permission denied" "fsync 5 Input/output error" \
        "rename 28 No space left"; do
        read -r call number said <<<"$fault"
        rm -f faults
        refused "$call fails, $number" "$said" env LD_PRELOAD="$WORKLOADS/faults.so" FAULT_IN=/arenatop \
            FAULT_CALL="$call" FAULT_AT=1+ FAULT_ERRNO="$number" FAULT_LOG="$TMP/faults"
        check "the call was met" [ -s faults ]
    done
else
    skip "calls that fail" "a sanitizer's library must be the first"
fi

ln -sf /dev/full "$file"
close_terminal
# shellcheck disable=SC2016 # for the shell that becomes the view
open_terminal 120x24 bash -c 'printf "\n\n\n"; exec "$0" ./redis' "$ARENATOP"
check "a device is not read" wait_screen 'settings: not an ordinary file: ignored'
press I
wait_screen 'LIVE▴'
keys q
check "a disk without room is said" wait_screen '^arenatop: .*settings: No space left'
rm -f "$file"

close_terminal
open_terminal 120x24 env -u XDG_CONFIG_HOME HOME="$TMP/home" "$ARENATOP" ./redis
wait_screen 'LIVE'
press I
wait_screen 'LIVE▴'
quit
check "without XDG_CONFIG_HOME it is ~/.config" test -f "$TMP/home/.config/arenatop/settings"

done_testing
