#compdef arenatop
# Completion of arenatop for zsh. What there is to complete stands in the table, which the build makes.

_arenatop_table() {
    cat <<'END'
@TABLE@
END
}

# Whether the program that `run` runs stands before the cursor: options are its own from there on. All of ours there are, but
# for those that end it, have a value.
_arenatop_is_anothers() {
    local i
    for ((i = 3; i < CURRENT; i++)); do
        case ${words[i]} in
        --|[^-]*) return 0 ;;
        -*=*) ;;
        *) ((i++)) ;;
        esac
    done
    return 1
}

_arenatop() {
    local row name letter long of list help command=- operands=target kind='' choices=''
    local before=${words[CURRENT - 1]}
    local -a subcommands options targets

    while IFS='|' read -r row name letter long of list help; do
        if [[ $row = C && $name != - ]]; then
            subcommands+=("$name:$long")
            [[ $CURRENT -gt 2 && $name = ${words[2]} ]] && command=$name operands=$letter
        elif [[ $row = O && $name = $command ]]; then
            options+=("$long:$help")
            [[ -n $letter ]] && options+=("$letter:$help")
            [[ $before = $letter || $before = $long ]] && kind=$of choices=$list
        fi
    done < <(_arenatop_table)

    if [[ $operands = command ]] && _arenatop_is_anothers; then
        kind='' options=()
    fi

    case $kind,$operands,${words[CURRENT]} in
    file,*) _files ;;
    choice,*) compadd -- ${=choices} ;;
    value,*) ;;
    *,*,-*) _describe -o option options ;;
    *,command,*) _command_names; _files ;;
    *,target,*)
        targets=(${(f)"$(${words[1]} ls 2>/dev/null | sed -nE 's/^ *([0-9]+) +(.*)/\1:\2/p')"})
        [[ $CURRENT -eq 2 ]] && _describe command subcommands
        _describe process targets
        _files
        ;;
    esac
}
_arenatop "$@"
