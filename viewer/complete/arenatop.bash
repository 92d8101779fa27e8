# Completion of arenatop for bash. What there is to complete stands in the table, which the build makes.
# shellcheck shell=bash

_arenatop_table() {
    cat <<'END'
@TABLE@
END
}

_arenatop_targets() {
    "${COMP_WORDS[0]}" ls 2>/dev/null | sed -nE 's/^ *([0-9]+) .*/\1/p'
}

# Whether the program that `run` runs stands before the cursor: options are its own from there on. All of ours there are, but
# for those that end it, have a value.
_arenatop_is_anothers() {
    local i
    for ((i = 2; i < COMP_CWORD; i++)); do
        case ${COMP_WORDS[i]} in
        -- | [!-]*) return 0 ;;
        -*) [ "${COMP_WORDS[i + 1]}" = = ] && i=$((i + 1)); i=$((i + 1)) ;;
        esac
    done
    return 1
}

_arenatop() {
    local current=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}
    local command=- commands='' options='' operands=target kind='' choices=''
    local row name letter long of list help

    while IFS='|' read -r row name letter long of list help; do
        if [ "$row" = C ] && [ "$name" != - ]; then
            commands+=" $name"
            if [ "$COMP_CWORD" -gt 1 ] && [ "$name" = "${COMP_WORDS[1]}" ]; then
                command=$name operands=$letter
            fi
        elif [ "$row" = O ] && [ "$name" = "$command" ]; then
            options+=" $letter $long"
            if [ "$before" = "$letter" ] || [ "$before" = "$long" ]; then
                kind=$of choices=$list
            fi
        fi
    done < <(_arenatop_table)
    [ "$COMP_CWORD" -eq 1 ] || commands=''
    if [ "$operands" = command ] && _arenatop_is_anothers; then
        kind='' options=''
    fi

    COMPREPLY=()
    case $kind,$operands,$current in
    file,*) mapfile -t COMPREPLY < <(compgen -f -- "$current") ;;
    choice,*) mapfile -t COMPREPLY < <(compgen -W "$choices" -- "$current") ;;
    value,*) ;;
    *,*,-*) mapfile -t COMPREPLY < <(compgen -W "$options" -- "$current") ;;
    *,command,*) mapfile -t COMPREPLY < <(compgen -c -- "$current"; compgen -f -- "$current") ;;
    *,target,*)
        mapfile -t COMPREPLY < <(compgen -W "$commands $(_arenatop_targets)" -- "$current"; compgen -f -- "$current")
        ;;
    esac
}
complete -o filenames -F _arenatop arenatop
