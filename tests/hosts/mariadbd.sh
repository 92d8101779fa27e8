#!/usr/bin/env bash
# mariadbd, which is stripped and names no thread: start routines and creators tell its classes apart. Brought to jemalloc by
# `run`. Clients work side by side; what they have done is summed up by the server at the end.
# shellcheck source=tests/e2e/lib.sh
. "${0%/*}/../e2e/lib.sh"
# shellcheck source=tests/hosts/hosts.bash
. "$ROOT/tests/hosts/hosts.bash"

PROGRAM=mariadbd PACKAGE=mariadb-server-core
CLASSES=(main '[mariadbd+…]' 'tpool::thread_pool_generic::*()')
PASSING='main/std::thread'

# One new database for both: what install makes of it takes seconds.
{ mariadb-install-db --no-defaults --datadir="$TMP/new" --auth-root-authentication-method=normal --skip-test-db \
    --user="$(id -un)" >install.out 2>&1; } || bail "no database: $(tail -n 5 install.out)"

launch() {
    cp -r "$TMP/new" data
    "$1" mariadbd mariadbd --no-defaults --user="$(id -un)" --datadir="$PWD/data" --socket="$PWD/socket" --port="$port" \
        --bind-address=127.0.0.1 --innodb-buffer-pool-size=32M --pid-file="$PWD/mariadbd.pid"
    wait_for "mariadbd" line_in 'ready for connections' mariadbd.err
}

client() {
    mariadb --no-defaults -S "$PWD/socket" -u root --batch "$@"
}

# teller N: a table of its own, filled, changed, sorted and joined.
teller() {
    client bank <<END
CREATE TABLE t$1 (id INT PRIMARY KEY, amount INT, note VARCHAR(200), KEY (amount));
INSERT INTO t$1 SELECT seq, seq * 7919 % 1000, REPEAT(CHAR(97 + seq % 26), seq % 200) FROM seq_1_to_5000;
UPDATE t$1 SET amount = amount + $1, note = CONCAT(note, '-$1') WHERE id % 3 = 0;
DELETE FROM t$1 WHERE id % 7 = 0;
SELECT COUNT(*), SUM(a.amount), SUM(CRC32(b.note)) FROM t$1 a JOIN t$1 b USING (amount);
SELECT MD5(GROUP_CONCAT(note ORDER BY amount DESC, id)) FROM t$1 WHERE id < 1000;
CHECKSUM TABLE t$1;
END
}

work() {
    local one tellers=()
    client <<<'CREATE DATABASE bank; SET GLOBAL group_concat_max_len = 1000000;'
    for one in 1 2 3 4 5 6; do
        teller "$one" >told$one 2>&1 &
        tellers+=("$!")
    done
    wait "${tellers[@]}"
    mariadb-slap --no-defaults -S "$PWD/socket" -u root --concurrency=8 --number-of-queries=1600 --auto-generate-sql \
        --auto-generate-sql-load-type=mixed --silent && cat told?
}

judge() {
    check "the main thread holds the buffer pool's keeping" holds books.json '.classes[] | select(.name == "main") | .live > 10000000'
}

host
