#!/usr/bin/env bash
# Programs that know the truth about themselves (tests/workloads/oracle.h), and what the agent says of them: live, bytes
# and counts of every class and of every cell of the matrix, to the byte. Only what the C library allocates for each new
# stack (the vector of its TLS blocks) comes on top, on its creator's account; the oracle finds it, and it is said below.
# time limit: 900 s
# shellcheck source=tests/e2e/lib.sh
. "${0%/*}/lib.sh"
# shellcheck source=tests/e2e/exact.bash
. "$ROOT/tests/e2e/exact.bash"

export ARENATOP_CONF ARENATOP_RULES=''
unoptimised=$TMP/O0/tests
make -s -C "$ROOT" BUILD="$TMP/O0" FORTIFY= CFLAGS='-O0 -g' CXXFLAGS='-O0 -g' \
    "$unoptimised/oracle-c" "$unoptimised/oracle-cc" >make.out 2>&1 || bail "cannot build: $(tail -n 3 make.out)"

c=$WORKLOADS/oracle-c cc=$WORKLOADS/oracle-cc
ARENATOP_CONF=interval_ms:100
oracle "C" "$c" --seed 1
oracle "C++" "$cc" --seed 2
oracle "C, threads that come and go" "$c" --seed 3 --makers 2
oracle "C++, threads that come and go and leave" "$cc" --seed 4 --makers 2 --leave
ARENATOP_CONF=interval_ms:100,arenas_per_class:1
oracle "C, one arena a class" "$c" --seed 5 --makers 1
oracle "C++, not optimised, one arena a class" "$unoptimised/oracle-cc" --seed 6
ARENATOP_CONF=interval_ms:100,arenas_per_class:8
oracle "C++, 8 arenas a class" "$cc" --seed 7 --threads 8 --ops 40000
oracle "C, not optimised, 8 arenas a class" "$unoptimised/oracle-c" --seed 8 --threads 8 --ops 40000 --makers 1
ARENATOP_CONF=interval_ms:100
oracle "C, across a fork" "$c" --seed 9 --makers 1 --fork child.out
oracle "C++, across a fork" "$cc" --seed 10 --makers 2 --leave --fork child.out
done_testing
