/* fuzz_conf.c: ARENATOP_CONF of any bytes: every setting stays in its range, and complaints are strings. */
#include "arenatop.h"
#include "conf.h"
#include "fuzz.h"

static void hear(void *context, const char *text)
{
    unsigned *complaints = context;
    require(strncmp(text, "ARENATOP_CONF: ", 15) == 0 && strlen(text) < 256);
    ++*complaints;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct conf conf, untouched;
    unsigned complaints = 0;
    char *text = fuzz_text(data, size);

    memset(&conf, 0, sizeof(conf));
    conf_default(&conf);
    untouched = conf;
    conf_parse(&conf, text, hear, &complaints);
    require(conf.interval_ms >= 10 && conf.interval_ms <= 3600000 && conf.peak_ms <= 3600000);
    require(conf.ring_bytes >= AT_RING_BYTES_MIN && conf.ring_bytes <= AT_RING_BYTES_MAX);
    require((conf.ring_bytes & (conf.ring_bytes - 1)) == 0 && conf.arenas_per_class <= 4094);
    require(memchr(conf.rules, '\0', sizeof(conf.rules)) != NULL);
    if (text[strspn(text, ",")] == '\0')
        require(complaints == 0 && memcmp(&conf, &untouched, sizeof(conf)) == 0);
    conf_parse(&conf, NULL, hear, &complaints);
    free(text);
    return 0;
}
