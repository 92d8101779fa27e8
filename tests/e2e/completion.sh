#!/usr/bin/env bash
# Completion as it is installed, typed into a real bash and a real zsh.
# shellcheck source=tests/e2e/lib.sh
. "${0%/*}/lib.sh"

house_make DESTDIR="$TMP" PREFIX=/stage install >/dev/null || bail "cannot install"
PATH=$TMP/stage/bin:$PATH
touch here.dump

# completes TYPED WANTED: the line after a Tab. The ~ typed behind it shows that the shell is done with it.
completes() {
    keys C-u
    keys -l "$1"
    keys Tab
    keys -l "~"
    wait_screen "^> $2 ?~\$"
}

in_shell() { # NAME
    check "$1: a command" completes "arenatop ru" "arenatop run"
    check "$1: an option without a command" completes "arenatop --bat" "arenatop --batch"
    check "$1: an option of a command" completes "arenatop dump --form" "arenatop dump --format"
    check "$1: no option of another command" completes "arenatop ls --form" "arenatop ls --form"
    check "$1: a choice" completes "arenatop dump --format js" "arenatop dump --format json"
    check "$1: a file after -o" completes "arenatop dump -o her" "arenatop dump -o here.dump"
    check "$1: a process" completes "arenatop dump ${pid%?}" "arenatop dump $pid"
    check "$1: a program to run" completes "arenatop run sort-of-unique" "arenatop run sort-of-unique-name"
    check "$1: also behind an option" completes "arenatop run --conf x sort-of-unique" "arenatop run --conf x sort-of-unique-name"
    check "$1: an option before it" completes "arenatop run --conf x --rul" "arenatop run --conf x --rules"
    check "$1: none of ours behind it" completes "arenatop run sort --con" "arenatop run sort --con"
    check "$1: nor behind --" completes "arenatop run -- sort --rules her" "arenatop run -- sort --rules here.dump"
}

install -m 755 /dev/null stage/bin/sort-of-unique-name
start_watched server "$WORKLOADS/demo-server"
check "the demo server publishes" wait_dump "$pid" server.json

open_terminal 100x30 bash --norc
keys '. stage/share/bash-completion/completions/arenatop; PS1="> "; clear' Enter
check "bash is ready" wait_screen '^>$'
in_shell bash
close_terminal

open_terminal 100x30 zsh -f
keys "fpath=($TMP/stage/share/zsh/site-functions \$fpath); autoload -U compinit; compinit -u -D; PS1='> '; clear" Enter
check "zsh is ready" wait_screen '^>$'
in_shell zsh
close_terminal
check "the server ends" stop "$pid"
done_testing
