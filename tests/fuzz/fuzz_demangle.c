/* fuzz_demangle.c: names of C++ that no compiler made: reading one ends, writes a string, and the same one, cut, where there
 * is less room. */
#include "demangle.h"
#include "fuzz.h"

enum { WIDE = 512, NARROW = 64, HASH = 19 }; /* Rust's hash needs room before it is dropped */

static void check_symbol(const char *symbol)
{
    char wide[WIDE], narrow[NARROW];
    bool known = demangle_symbol(symbol, wide, sizeof(wide));

    require(memchr(wide, '\0', sizeof(wide)) != NULL && known == (wide[0] != '\0'));
    if (known && strlen(wide) + HASH < NARROW)
        require(demangle_symbol(symbol, narrow, sizeof(narrow)) && strcmp(wide, narrow) == 0);
    else if (demangle_symbol(symbol, narrow, sizeof(narrow)))
        require(memchr(narrow, '\0', sizeof(narrow)) != NULL);
}

static void check_callee(void read(const char *, struct demangle_callee *), const char *text)
{
    struct demangle_callee callee;

    memset(&callee, 0xa5, sizeof(callee));
    read(text, &callee);
    require(callee.kind <= DEMANGLE_MEMBER);
    if (callee.kind != DEMANGLE_NONE)
        require(memchr(callee.name, '\0', sizeof(callee.name)) != NULL && callee.offset < 1 << 16);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = fuzz_text(data, size);

    check_symbol(text);
    check_callee(demangle_state, text);
    check_callee(demangle_proxy, text);
    free(text);
    return 0;
}
