#!/usr/bin/env bash
# tests/packages on machines that it is told: what is missing, who may install it, what must not be left running.
# shellcheck source=tests/e2e/lib.sh
. "${0%/*}/lib.sh"

mkdir fake installed units

# fake COMMAND: reads a script that stands in for it; every call is written down in `calls`.
fake() {
    { printf '#!/bin/bash\necho "%s $*" >>"%s/calls"\ncd "%s"\n' "$1" "$TMP" "$TMP"; cat; } >"fake/$1"
    chmod +x "fake/$1"
}

fake dpkg-query <<'E2'
for package in installed/*; do echo "installed ${package#*/}"; done
E2
fake dpkg <<'E2'
for package in "${@:2}"; do cat "units/$package" 2>/dev/null; done
E2
fake id <<'E2'
cat uid
E2
fake sudo <<'E2'
[ -e may-sudo ] || exit 1
[ "$1" = -v ] || exec "$@"
E2
fake apt-get <<'E2'
[ "$1" = update ] && exit 0
[ ! -e apt-fails ] || exit 100
[ "$RUNLEVEL" = 1 ] && [ "$DEBIAN_FRONTEND" = noninteractive ] || exit 99
for package in "$@"; do case $package in server* | library*) touch "installed/$package" ;; esac; done
E2
fake systemctl </dev/null
fake service </dev/null

packages() {
    rm -f calls
    PATH=$TMP/fake:$PATH "$ROOT/tests/packages" "$@"
}

called() { # REGEX
    matches "$1" "$(cat calls)"
}

never_called() { # REGEX
    ! grep -E "$1" calls
}

touch installed/compiler
echo 0 >uid
printf '%s\n' /lib/systemd/system/server.service /lib/systemd/system/server@.service /etc/init.d/server >units/server

check "all there: says nothing" exits 0 packages check compiler
check "really nothing" equal "" "$(cat out err)"
check "missing, only looked for: fails" exits 1 packages check compiler library server
check "in one line with the command" one_error 'apt-get install --no-install-recommends library server$'
check "and installs nothing" never_called '^apt-get'

echo 1000 >uid
check "neither root nor sudo: fails" exits 1 packages install compiler library
check "in one line with the command" one_error 'neither root nor sudo.*apt-get install --no-install-recommends library$'
touch may-sudo
check "with sudo: installs" exits 0 packages install compiler library
check "lists are fetched first" equal "apt-get update" "$(grep '^apt-get' calls | head -n 1)"
check "through sudo" called '^sudo env .* apt-get install --yes --no-install-recommends library$'

echo 0 >uid
check "root: installs a server" exits 0 packages install library server
check "without sudo" never_called '^sudo'
check "only what was missing" called '^apt-get install --yes --no-install-recommends server$'
check "its unit is stopped and off" called '^systemctl disable --now server\.service$'
check "its script too" called '^service server stop$'
check "a template is no service" never_called 'server@'
check "a server that was there is let run" exits 0 packages install library server
check "nothing is stopped then" never_called '^(systemctl|service)'

rm installed/library
touch apt-fails
check "apt-get fails: so does this" exits 100 packages install library
check "with the command" matches '^arenatop: packages: apt-get could not install' "$(cat err)"

rm installed/*
check "make without the packages: fails" exits 2 env PATH="$TMP/fake:$PATH" make -C "$ROOT" BUILD="$TMP/build"
check "and names them" matches 'packages are missing: .* g\+\+ gcc .*libjansson-dev' "$(cat err)"
done_testing
