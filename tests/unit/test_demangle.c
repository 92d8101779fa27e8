/* test_demangle.c: names of C++, as compilers made them, and as nobody did. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "demangle.h"

static const struct {
    const char *symbol;
    const char *name;
} symbols[] = {
    {"_Z6workerv", "worker"},
    {"_Z6workerPv", "worker"},
    {"_ZN3app4Pool3runEi", "app::Pool::run"},
    {"_ZNK3app4Pool3runEv", "app::Pool::run"},
    {"_ZN3app4turnIiEEvRT_", "app::turn<int>"},
    {"_ZN3app4turnIN3app3JobEEEvRT_", "app::turn<app::Job>"},
    {"_ZN3app4turnINS_3JobEEEvRT_", "app::turn<app::Job>"},
    {"_ZN3app4turnINS_3JobES1_EEvT_", "app::turn<app::Job, app::Job>"},
    {"_ZN3app4turnILi7ELb1EEEvv", "app::turn<7, 1>"},
    {"_ZL6hiddenv", "hidden"},
    {"_ZN3std6thread5start17h0123456789abcdefE", "std::thread::start"},
    {"_ZN3std6thread5start17h0123456789abcdegE", "std::thread::start::h0123456789abcdeg"},
    {"_ZN12_GLOBAL__N_16workerEv", "(anonymous)::worker"},
    {"_ZN1AC2ERKS_", "A::{constructor}"},
    {"_ZN1AD0Ev", "A::{destructor}"},
    {"_ZNSt6vectorIiSaIiEE9push_backERKi", "std::vector<int, std::allocator<int>>::push_back"},
    {"_ZZ4mainENKUlvE_clEv", "main::{lambda#1}::operator()"},
    {"_ZZN3app4Pool5startEPS0_ENKUliE0_clEi", "app::Pool::start::{lambda#2}::operator()"},
    {"_Z1fIPFviEEvT_", "f<void()*>"},
    {"_Z1fIM3appFvvEEvT_", "f<app::*>"},
    {"_Z1fIJidPKcEEvDpT_", "f<int, double, char*>"},
    {"_ZN3fooB5cxx11Ev", "foo"},
    {"_Z6workerv.constprop.0", "worker"},
    /* what is no such name, or not understood */
    {"worker", ""},
    {"", ""},
    {"_Z", ""},
    {"_Z0", ""},
    {"_Z99worker", ""},
    {"_ZN3appE", "app"},
    {"_ZN3app", ""},
    {"_ZNS_3fooEv", ""},
    {"_Z1fIXadL_Z1gvEEEvv", ""},
    {"_ZTV3app", ""},
};

static void test_symbols(void **state)
{
    char name[128];
    (void)state;

    for (size_t i = 0; i < sizeof symbols / sizeof symbols[0]; i++) {
        bool known = demangle_symbol(symbols[i].symbol, name, sizeof name);
        if (strcmp(name, symbols[i].name) != 0 || known != (name[0] != '\0'))
            fail_msg("%s: \"%s\", not \"%s\"", symbols[i].symbol, name, symbols[i].name);
    }
    assert_true(demangle_symbol("_ZN3app4Pool3runEi", name, 8));
    assert_string_equal(name, "app::Po");
}

#define STATE(callee) "NSt6thread11_State_implINS_8_InvokerISt5tupleIJ" callee "EEEEEE"
#define ASYNC(callee) STATE("MNSt13__future_base17_Async_state_implINS1_IS2_IJ" callee "EEEEiEEFvvEPS8_")
#define PROXY(callee, again)                                                                                       \
    "_ZNSt3__114__thread_proxyINS_5tupleIJNS_10unique_ptrINS_15__thread_structENS_14default_deleteIS3_EEEE" callee \
    "EEEEEPv" again

static void expect_callee(const struct demangle_callee *callee, enum demangle_kind kind, size_t offset, bool async,
                          const char *name)
{
    assert_int_equal(callee->kind, kind);
    assert_int_equal(callee->offset, offset);
    assert_int_equal(callee->async, async);
    assert_string_equal(callee->name, name);
}

static void expect_state(const char *type, enum demangle_kind kind, size_t offset, bool async, const char *name)
{
    struct demangle_callee callee;
    demangle_state(type, &callee);
    expect_callee(&callee, kind, offset, async, name);
}

/* The offsets are those of a tuple in reverse order: see offset_behind_arguments. */
static void test_states(void **state)
{
    (void)state;
    expect_state(STATE("PFvvE"), DEMANGLE_FUNCTION, 8, false, "void()*");
    expect_state(STATE("PDoFvvE"), DEMANGLE_FUNCTION, 8, false, "void()*");
    expect_state(STATE("PFviEi"), DEMANGLE_FUNCTION, 16, false, "void()*");
    expect_state(STATE("PFvicEcc"), DEMANGLE_FUNCTION, 16, false, "void()*");
    expect_state(STATE("PFviPKcEiPKc"), DEMANGLE_FUNCTION, 24, false, "void()*");
    expect_state(STATE("PFvRiESt17reference_wrapperIiE"), DEMANGLE_FUNCTION, 16, false, "void()*");
    expect_state(STATE("PFvN3app3JobEES4_"), DEMANGLE_FUNCTION, 0, false, "void()*"); /* how large is it? */
    expect_state(STATE("MN3app4PoolEFvvEPS4_"), DEMANGLE_MEMBER, 16, false, "app::Pool");
    expect_state(STATE("N3app7FunctorE"), DEMANGLE_OBJECT, 0, false, "app::Functor");
    expect_state(STATE("Z4mainEUlvE1_"), DEMANGLE_OBJECT, 0, false, "main::{lambda#3}");
    expect_state(STATE("ZN3app4Pool5startEvEUlvE_"), DEMANGLE_OBJECT, 0, false, "app::Pool::start::{lambda#1}");
    expect_state(ASYNC("Z4mainEUlvE_"), DEMANGLE_OBJECT, 0, true, "main::{lambda#1}");
    expect_state(ASYNC("PFivE"), DEMANGLE_FUNCTION, 0, true, "int()*");
    expect_state("NSt6thread5_ImplISt12_Bind_simpleIFPFvvEvEEEE", DEMANGLE_FUNCTION, 0, false, "void()*");
    expect_state("NSt6thread5_ImplISt12_Bind_simpleIFZ4mainEUlvE_vEEEE", DEMANGLE_OBJECT, 0, false, "main::{lambda#1}");
    expect_state("N3app4PoolE", DEMANGLE_NONE, 0, false, "");
    expect_state(STATE("X"), DEMANGLE_NONE, 0, false, "");
    expect_state("", DEMANGLE_NONE, 0, false, "");
}

static void test_proxies(void **state)
{
    struct demangle_callee callee;
    (void)state;
    demangle_proxy(PROXY("PFviEi", "SA_"), &callee);
    expect_callee(&callee, DEMANGLE_FUNCTION, 8, false, "void()*");
    demangle_proxy(PROXY("MN3app4PoolEFvvEPS8_", "SD_"), &callee);
    expect_callee(&callee, DEMANGLE_MEMBER, 8, false, "app::Pool");
    demangle_proxy(PROXY("Z4mainE3$_0", "S9_"), &callee);
    expect_callee(&callee, DEMANGLE_OBJECT, 0, false, "main::$_0");
    demangle_proxy("_ZN3app14__thread_proxyEv", &callee);
    expect_callee(&callee, DEMANGLE_NONE, 0, false, "");
}

/* Whatever it reads, it stops, stays within the text and within the buffer. The copies lie where the sanitizer sees. */
static void break_and_read(const char *text)
{
    static const char pieces[] = "SNZIEJLPFMTKDvi_0123456789UlBXstRO";
    size_t length = strlen(text), bytes = 1 + (size_t)rand() % 64;
    char *copy = malloc(length + 1), *name = malloc(bytes);
    struct demangle_callee callee;
    memcpy(copy, text, length + 1);
    for (unsigned flips = 1 + (unsigned)rand() % 4; flips > 0 && length > 0; flips--)
        copy[(size_t)rand() % length] = pieces[(size_t)rand() % (sizeof pieces - 1)];
    if (rand() % 4 == 0)
        copy[(size_t)rand() % (length + 1)] = '\0';
    demangle_symbol(copy, name, bytes);
    assert_true(strlen(name) < bytes);
    demangle_state(copy, &callee);
    demangle_proxy(copy, &callee);
    free(name);
    free(copy);
}

static void test_broken(void **state)
{
    static const char *const others[] = {STATE("PFviPKcEiPKc"), ASYNC("Z4mainEUlvE_"),
                                         PROXY("MN3app4PoolEFvvEPS8_", "SD_")};
    (void)state;

    srand(4711);
    for (unsigned i = 0; i < 3000; i++) {
        for (size_t j = 0; j < sizeof symbols / sizeof symbols[0]; j++)
            break_and_read(symbols[j].symbol);
        for (size_t j = 0; j < sizeof others / sizeof others[0]; j++)
            break_and_read(others[j]);
    }
}

/* Abbreviations of abbreviations: a short text that means a very long one, and one that nests without end. */
static void test_bombs(void **state)
{
    char text[4096] = "_Z1fIN1aIiE1bIS1_", name[64], *at = text;
    (void)state;

    for (unsigned i = 0; i < 30; i++)
        strcat(text, "S1_S2_S3_");
    strcat(text, "EEEvv");
    demangle_symbol(text, name, sizeof name);
    at += sprintf(at, "_Z1f");
    memset(at, 'I', 2000);
    at[2000] = '\0';
    assert_false(demangle_symbol(text, name, sizeof name));
    memset(at, 'P', 2000);
    assert_false(demangle_symbol(text, name, sizeof name));
    memset(at, 'F', 2000);
    assert_false(demangle_symbol(text, name, sizeof name));
}

/* Any two letters, over and over: whatever nests has an end before the stack has. */
static void test_depth(void **state)
{
    static const char letters[] = "IJFPMANSTUZLXDEEvi1_", *const begins[] = {"_Z1f", "_Z1fI", "_ZN1aI", "_ZZ1f"};
    static char text[400000], name[64];
    struct demangle_callee callee;
    (void)state;

    for (size_t i = 0; i < sizeof letters * sizeof letters * 4; i++) {
        size_t length = (size_t)sprintf(text, "%s", begins[i % 4]);
        memset(text + length, letters[i / 4 % sizeof letters], sizeof text - length - 1);
        for (size_t at = length + 1; at < sizeof text - 1; at += 2)
            text[at] = letters[i / 4 / sizeof letters];
        demangle_symbol(text, name, sizeof name);
    }
    memcpy(text, "NSt6thread11_State_implINS_8_InvokerISt5tupleIJ", 47);
    memset(text + 47, 'J', sizeof text - 48);
    demangle_state(text, &callee);
    assert_int_equal(callee.kind, DEMANGLE_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_symbols), cmocka_unit_test(test_states), cmocka_unit_test(test_proxies),
        cmocka_unit_test(test_broken),  cmocka_unit_test(test_bombs),  cmocka_unit_test(test_depth),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
