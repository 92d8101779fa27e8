/* test_serve_listen.c: which words are an address, what is said of those that are not, and where a socket then listens. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "serve_listen.h"

static void words_that_are_no_address(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "",     ":",    ":9920", "9920",     "127.0.0.1", "127.0.0.1:", "127.0.0.1:x", "a:65536",   "a:999999",
        "a:-1", "a:+1", "a: 1",  "::1:9920", "[::1]",     "[::1]9920",  "[]:9920",     "[::1:9920", "[:1"};
    char address[SERVE_ADDRESS_BYTES];

    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        struct failure failure = {0};
        assert_int_equal(serve_listen(wrong[i], address, &failure), -1);
        if (failure.code != EXIT_USAGE || strstr(failure.text, "is not ADDR:PORT") == NULL)
            fail_msg("'%s' said: %s", wrong[i], failure.text);
    }
}

static void a_host_that_is_too_long_is_no_address(void **state)
{
    (void)state;
    char words[1000], address[SERVE_ADDRESS_BYTES];
    struct failure failure = {0};

    memset(words, 'a', sizeof(words));
    strcpy(words + sizeof(words) - 6, ":9920");
    assert_int_equal(serve_listen(words, address, &failure), -1);
    assert_int_equal(failure.code, EXIT_USAGE);
}

static void an_address_that_is_not_here(void **state)
{
    (void)state;
    char address[SERVE_ADDRESS_BYTES];
    struct failure failure = {0};

    assert_int_equal(serve_listen("192.0.2.1:0", address, &failure), -1);
    assert_int_equal(failure.code, EXIT_FAILED);
    assert_string_equal(failure.text, "192.0.2.1:0: Cannot assign requested address");
}

static void a_port_of_0_is_any(void **state)
{
    (void)state;
    char address[SERVE_ADDRESS_BYTES];
    struct failure failure;
    int port = 0, end = 0, listens = 0;
    socklen_t length = sizeof(listens);

    int listener = serve_listen("127.0.0.1:0", address, &failure);
    assert_true(listener >= 0);
    assert_int_equal(sscanf(address, "127.0.0.1:%d%n", &port, &end), 1);
    assert_int_equal((size_t)end, strlen(address));
    assert_in_range(port, 1, 65535);
    assert_int_equal(getsockopt(listener, SOL_SOCKET, SO_ACCEPTCONN, &listens, &length), 0);
    assert_int_equal(listens, 1);
    assert_true(fcntl(listener, F_GETFL) & O_NONBLOCK);
    assert_true(fcntl(listener, F_GETFD) & FD_CLOEXEC);
    close(listener);
}

static void a_port_that_is_taken(void **state)
{
    (void)state;
    char address[SERVE_ADDRESS_BYTES], other[SERVE_ADDRESS_BYTES], said[SERVE_ADDRESS_BYTES + 100];
    struct failure failure;

    int listener = serve_listen("127.0.0.1:0", address, &failure);
    assert_true(listener >= 0);
    assert_int_equal(serve_listen(address, other, &failure), -1);
    assert_int_equal(failure.code, EXIT_FAILED);
    snprintf(said, sizeof(said), "%s: Address already in use; choose another with --listen ADDR:PORT", address);
    assert_string_equal(failure.text, said);
    close(listener);
    listener = serve_listen(address, other, &failure);
    assert_true(listener >= 0);
    assert_string_equal(address, other);
    close(listener);
}

static void names_and_ipv6(void **state)
{
    (void)state;
    char address[SERVE_ADDRESS_BYTES];
    struct failure failure;

    int listener = serve_listen("localhost:0", address, &failure);
    assert_true(listener >= 0);
    close(listener);
    int probe = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (probe < 0)
        skip();
    close(probe);
    listener = serve_listen("[::1]:0", address, &failure);
    if (listener < 0 && strstr(failure.text, "Cannot assign") != NULL)
        skip();
    assert_true(listener >= 0);
    assert_int_equal(strncmp(address, "[::1]:", 6), 0);
    close(listener);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_that_are_no_address),   cmocka_unit_test(a_host_that_is_too_long_is_no_address),
        cmocka_unit_test(an_address_that_is_not_here), cmocka_unit_test(a_port_of_0_is_any),
        cmocka_unit_test(a_port_that_is_taken),        cmocka_unit_test(names_and_ipv6),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
