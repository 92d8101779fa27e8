#!/usr/bin/env bash
# make install and uninstall, into a DESTDIR of its own; and the build with a packager's flags and compilers.
# shellcheck source=tests/e2e/lib.sh
. "${0%/*}/lib.sh"

house() {
    house_make DESTDIR="$TMP/stage" "$@"
}

files() {
    (cd stage && find . -type f | sort | sed 's,^\./,,')
}

manual=$(compgen -G "$ROOT/viewer/arenatop.1")

expected() { # PREFIX
    printf "${1#/}/%s\n" bin/arenatop include/arenatop.h lib/libarenatop.so share/bash-completion/completions/arenatop \
        ${manual:+share/man/man1/arenatop.1} share/zsh/site-functions/_arenatop
}

check "installs" house install
check "what the contract lists, under /usr/local" equal "$(expected /usr/local)" "$(files)"
check "the installed program runs" exits 0 stage/usr/local/bin/arenatop --version
check "it finds the installed agent" exits 0 stage/usr/local/bin/arenatop run -- \
    sh -c 'grep -q "$0" /proc/self/maps' "$TMP/stage/usr/local/lib/libarenatop.so"
check "completion for bash parses" bash -n stage/usr/local/share/bash-completion/completions/arenatop
touch stage/usr/local/lib/not-ours
check "uninstalls" house uninstall
check "nothing of its own stays, and nobody else's goes" equal usr/local/lib/not-ours "$(files)"
rm -r stage
check "honours PREFIX" house install PREFIX=/opt/arenatop
check "and puts everything under it" equal "$(expected /opt/arenatop)" "$(files)"
check "uninstalls from PREFIX" house uninstall PREFIX=/opt/arenatop
check "nothing stays there" equal "" "$(files)"
check "a folder with a blank" house_make DESTDIR="$TMP/stage/a b" install
check "has it all" equal "$(expected "a b/usr/local")" "$(files)"
touch stage/a
check "uninstalls from there" house_make DESTDIR="$TMP/stage/a b" uninstall
check "and removes nothing that is called as its first word" equal a "$(files)"
rm -r stage

# ---- a packager's build ----

built() { # OBJECT MAKE_ARGUMENT...: in a folder of its own
    house_make BUILD="$TMP/own" "${@:2}" "$TMP/own/$1"
}
check "a warning under flags of others is no error" built obj/viewer/when.o CFLAGS=-O3
from_environment() { # in every command that compiles, and in those that link
    MAKEFLAGS='' CFLAGS=-ftheirs LDFLAGS=-Wl,-theirs house_make -n -B >commands || return
    grep -q -- ' -Wl,-theirs -o ' commands && grep -c -- ' -c -o ' commands &&
        equal "" "$(grep -- ' -c -o ' commands | grep -v -- ' -ftheirs ')"
}
check "flags in the environment count" from_environment
if command -v clang >/dev/null; then
    check "clang does as well: what libc defines inline, too" built pic/agent/hooks_waiting.o CC=clang
else
    skip "clang" "not installed"
fi

# In a place of its own: the default prefix is the machine's.
in_a_copy() { # COMMANDS: in a shell
    rm -rf etc
    unshare -m bash -ec 'mount --make-rprivate /; mount -t tmpfs tmpfs /usr/local; cp -a /etc etc; mount --bind etc /etc
        mkdir -p /var/cache/ldconfig; mount -t tmpfs tmpfs /var/cache/ldconfig; '"$1"
}
export -f house_make
export ROOT BUILD
if [ "$UID" -eq 0 ] && in_a_copy true 2>/dev/null; then
    check "LD_PRELOAD=libarenatop.so is found by name" in_a_copy 'house_make install; ldconfig -p | grep libarenatop.so
        LD_PRELOAD=libarenatop.so ARENATOP_CONF=enabled:false grep /usr/local/lib/libarenatop.so /proc/self/maps'
    check "and no more when it is gone" in_a_copy 'house_make install; house_make uninstall
        ! ldconfig -p | grep libarenatop.so'
else
    skip "the loader's cache" "needs root and a mount namespace"
fi
done_testing
