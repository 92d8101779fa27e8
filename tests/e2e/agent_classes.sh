#!/usr/bin/env bash
# How threads are sorted: by themselves, by rules, when they are renamed, and when there are too many kinds of them.
# shellcheck source=tests/e2e/lib.sh
. "${0%/*}/lib.sh"
# shellcheck source=tests/e2e/agent.bash
. "$ROOT/tests/e2e/agent.bash"

export ARENATOP_CONF=interval_ms:50 ARENATOP_RULES=''
threads=$WORKLOADS/threads

# sorted [-p PROGRAM] WORD...: runs it until it has come to rest; its snapshot is in s.json, its classes in s.classes as
# "NAME THREADS/EVER", one a line and sorted, without (unbound).
sorted() {
    local program=$threads
    [ "$1" != -p ] || { program=$2; shift 2; }
    start_watched s "$program" "$@"
    check "it comes to rest" wait_for ready grep -qx ready s.out && check "it is published" next_dump "$pid" s.json
    jq -r '.classes[] | select(.name != "(unbound)") | "\(.name) \(.threads)/\(.threads_total)"' s.json | sort >s.classes
    check "it ends" stop "$pid"
    check "with its own status" equal 0 "$status"
}

classes() {
    paste -sd, s.classes
}

class_is() { # NAME JQ_EXPRESSION: of that class
    holds s.json "[.classes[] | select(.name == \$name)] | length == 1 and (.[0] | $2)" --arg name "$1"
}

said() { # LINE...: stderr is exactly these lines, in any order
    equal "$(printf '%s\n' "$@" | sort)" "$(words s.err | sort)"
}

holds_block() { # NAME THREADS
    class_is "$1" ".live >= $2 * 100000 and .live < $2 * 100000 + 100000"
}

# ---- by themselves ----

sorted alpha: alpha: beta: self:io_thd_1 self:io_thd_22 'self:G1 Refine#0' 'self:G1 Refine#1' 'self:C2 CompilerThre' \
    prctl:byprctl other:byother nest:nester
check "by name, by start routine, digits as stars" equal \
    "C2 CompilerThre 1/1,G1 Refine#* 2/2,alpha_work() 3/3,beta_work() 1/1,byother 1/1,byprctl 1/1,io_thd_* 2/2,main 1/1,nester 1/1" \
    "$(classes)"
check "a class has its threads' memory" holds_block io_thd_\* 2
check "one that another thread named, too" holds_block byother 1
check "nobody shares an arena with another class" holds s.json \
    '[.arenas[] | select(.class != "(unbound)") | .index] | length == (unique | length)'
check "nor with main" equal "" "$(grep -Fx "$(sed -n 's/^main/x/p' s.out)" <(sed 's/^[^:]*/x/' s.out | tail -n +2))"
check "nothing is said" said

cp "$threads" stripped && strip -s stripped
sorted -p "$TMP/stripped" alpha: alpha: beta: self:named
check "start routines of a stripped program stay apart" equal "[stripped+0x 1/1,[stripped+0x 2/2,main 1/1,named 1/1" \
    "$(sed -E 's/\+0x[0-9a-f]+\]/+0x/' s.classes | sort | paste -sd,)"
# shellcheck disable=SC2016 # jq's
check "and are named by where they are" equal "$(nm "$threads" | sed -nE 's/^0*([0-9a-f]+) T (alpha|beta)_work$/[stripped+0x\1]/p' | sort)" \
    "$(sed -n 's/^\(\[.*\]\) .*/\1/p' s.classes | sort)"

sorted self: 'self:(other)' 'prctl:(unbound)' self:main
check "names that are no class's" equal "main 2/2,name_by_prctl() 1/1,name_self() 2/2" "$(classes)"
check "leave (unbound) alone" class_is "(unbound)" .threads==0

# ---- renamed ----

sorted change:first/second keep:same
check "who is renamed goes to another class" equal "first 0/1,main 1/1,same* 1/1,second 1/1" "$(classes)"
check "what it held stays where it was allocated" holds_block first 1
check "what it allocates then is the new one's" holds_block second 1
check "nothing is said of it" said

sorted flood:a flood:b
check "who is renamed all the time stays somewhere" holds s.json '[.classes[].threads] | add == 3'
check "which has few classes" holds s.json '.classes | length < 50'
check "and is said once for each" equal 2 "$(grep -cE '^arenatop: a thread of class [ab][0-9]+x changes class over 10 times a second: it stays there$' s.err)"
check "and nothing else is" equal 2 "$(words s.err | wc -l)"
check "it is a warning, too" holds s.json '[.agent.warnings[] | select(test("times a second"))] | length == 2'

# ---- more classes than there is room for ----

sorted many:kind
check "64 classes, then (other)" holds s.json '.classes | length == 66 and any(.name == "(other)" and .threads == 7)'
check "whose memory is its own" class_is "(other)" '.mode == "exact" and .live >= 700000 and .live < 900000'
check "the books close with all of them" holds s.json '.process.unexplained == 0 and
    ([.classes[].live] | add) == (.process | .allocated - .internal - .tcached - .stranded)'

# ---- rules ----

many_rules='
# every matcher, the first rule that holds
io      name=io_thd_* arenas=1          # a comment; with more in it
by-from from=nester
by-lib  lib=threads start=bet?_work     mode=flow
alphas  start=alpha_*
never   name=io_thd_1
-       name=nobody; p name=[pq]rctl*'
ARENATOP_RULES=$many_rules sorted alpha: beta: self:io_thd_1 self:io_thd_2 self:io_thd_3 nest:nester self:nobody prctl:prctl9
check "by rules" equal "alphas 1/1,by-from 1/1,by-lib 1/1,io 3/3,main 1/1,nester 1/1,p 1/1" "$(classes)"
check "arenas=1 caps" class_is io '.arenas == 1 and .mode == "exact"'
check "mode=flow makes one class flow" class_is by-lib '.mode == "flow"'
check "- leaves unbound" class_is "(unbound)" '.threads == 1 and .live >= 100000'
check "the sum is exact all the same" holds s.json '.process.unexplained == 0'
check "nothing is said" said

sorted main:ui self:x
check "without a rule the main thread is main, whatever its name becomes" equal "main 1/1,x 1/1" "$(classes)"
ARENATOP_RULES='ui name=ui' sorted main:ui self:x
check "a rule for its new name holds for it" equal "main 0/1,ui 1/1,x 1/1" "$(classes)"
ARENATOP_RULES='ui name=threads' sorted main:other self:x
check "of one that no rule holds for any more it is main" equal "main 1/1,ui 0/1,x 1/1" "$(classes)"

# The threads come one after the other, those without options first; one is of the class by its own name.
ARENATOP_RULES='io name=a;io name=b arenas=1;self name=c mode=flow' sorted self:a then: self:a then: self:b self:self then: self:c
check "options are the class's, whichever of its threads comes first" equal "io 3/3,main 1/1,self 2/2" "$(classes)"
check "arenas=1 caps" class_is io '.arenas == 1'
check "mode=flow makes it flow" class_is self '.mode == "flow"'

ARENATOP_RULES='by-from from=parent' sorted parent:parent
check "from= is the class of a creator that another thread just named" equal "by-from 1/1,main 1/1,parent 1/1" "$(classes)"
check "whose name the thread has" holds s.json '[.threads[] | select(.class == "by-from") | .name] == ["parent"]'

printf '%s\n' '# a file' 'io name=io_*; beta start=beta_work' 'alphas start=alpha_work' >rules
printf '%s\n' 'later start=*' >more.rules
ARENATOP_CONF=$ARENATOP_CONF,rules:$TMP/rules ARENATOP_RULES='first start=alpha_work' ARENATOP_RULES_FILE=$TMP/more.rules \
    sorted alpha: beta: self:io_9 self:x
check "inline rules come first, then the file, then ARENATOP_RULES_FILE" \
    equal "beta 1/1,first 1/1,io 1/1,later 2/2" "$(classes)"
start r "$ARENATOP" run --rules rules -- "$threads" self:io_9
check "run --rules" wait_dump "$pid" r.json '[.classes[].name] | index("io")'
stop "$pid"

printf '%s\n' 'io name=io_*' 'bad nam=x' '' 'name=y' 'worse arenas=x' 'last name=last' >rules
ARENATOP_CONF=$ARENATOP_CONF,rules:$TMP/rules ARENATOP_RULES=$'one name=one;two\x3dx;three arena=-1' \
    sorted self:io_1 self:last self:one
check "a line that does not parse is named with its number" said \
    "arenatop: $TMP/rules:2: not a matcher or option: \"nam=x\"" \
    "arenatop: $TMP/rules:4: a rule starts with the class's name, not \"name=y\"" \
    "arenatop: $TMP/rules:5: bad value (1 to 4094): \"arenas=x\"" \
    "arenatop: ARENATOP_RULES:2: a rule starts with the class's name, not \"two=x\"" \
    "arenatop: ARENATOP_RULES:3: bad value (0 to 4094): \"arena=-1\""
check "and the others hold" equal "io 1/1,last 1/1,main 1/1,one 1/1" "$(classes)"

ARENATOP_RULES='io arenas=2' sorted alpha: self:x
check "a rule without a matcher takes every thread, and says so" said \
    'arenatop: ARENATOP_RULES:1: no matcher, so it takes every thread (name=* if that is meant): "io"'
check "one class is what comes of it" equal "io 3/3" "$(classes)"
check "the warning stays with the snapshots" holds s.json '.agent.warnings | length == 1'
ARENATOP_RULES='io name=* arenas=2' sorted alpha: self:x
check "with name=* nothing is said" said
check "and it is the same" equal "io 3/3" "$(classes)"

ARENATOP_CONF=$ARENATOP_CONF,rules:$TMP/none sorted alpha:
check "a rules file that is not there" said "arenatop: rules: $TMP/none: No such file or directory"

# ---- arena= ----

ARENATOP_RULES='seed start=*_work arena=2' sorted alpha: alpha: beta: self:other
check "arena=2" equal "3 arena 2" "$(sed -n 's/^: //p' s.out | sort | uniq -c | xargs)"
check "is a class of mode flow" class_is seed '.mode == "flow" and .arenas == 1 and .threads == 3'

# The main thread's class has taken its arena when others come for it.
sorted alpha:
taken=$(sed -n 's/^main: arena //p' s.out)
ARENATOP_RULES="none name=none;thief start=alpha_work arena=$taken" sorted alpha: self:other
check "an arena that is a class's already is refused" said \
    "arenatop: class thief: arena=$taken is another class's (ARENATOP_RULES:2)"
check "and its threads stay unbound" class_is "(unbound)" .threads==1
ARENATOP_RULES="lost start=alpha_work arena=4000" sorted alpha:
check "an arena that is not there is refused" matches \
    '^arenatop: class lost: .*arena 4000' "$(cat s.err)"
check "in one line" equal 1 "$(words s.err | wc -l)"
done_testing
