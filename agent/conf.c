/* conf.c: parses ARENATOP_CONF. One table of keys; the manual's table is the contract's. */
#include "conf.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arenatop.h"
#include "group.h"

enum conf_kind { CONF_BOOL, CONF_MODE, CONF_NUMBER, CONF_POWER, CONF_ARENAS, CONF_GROUP, CONF_PATH };

struct conf_key {
    const char *name;
    enum conf_kind kind;
    size_t offset;
    uint64_t least;
    uint64_t most;
};

#define KEY(name, kind, least, most)                                     \
    {                                                                    \
#name, CONF_##kind, offsetof(struct conf, name), (least), (most) \
    }
static const struct conf_key keys[] = {
    KEY(enabled, BOOL, 0, 0),
    KEY(interval_ms, NUMBER, 10, 3600000),
    KEY(peak_ms, NUMBER, 0, 3600000),
    {"mode", CONF_MODE, offsetof(struct conf, exact), 0, 0},
    KEY(rules, PATH, 0, 0),
    KEY(arenas_per_class, ARENAS, 1, 4094),
    KEY(ring_bytes, POWER, AT_RING_BYTES_MIN, AT_RING_BYTES_MAX),
    KEY(group, GROUP, 0, 0),
    KEY(children, BOOL, 0, 0),
    KEY(keep, BOOL, 0, 0),
    KEY(quiet, BOOL, 0, 0),
};
#undef KEY
#define KEYS (sizeof keys / sizeof keys[0])

void conf_default(struct conf *conf)
{
    *conf = (struct conf){.enabled = true,
                          .exact = true,
                          .children = true,
                          .interval_ms = 1000,
                          .peak_ms = 50,
                          .ring_bytes = UINT64_C(16) << 20,
                          .group = (gid_t)-1};
}

static bool parse_bool(const char *value, bool *out)
{
    bool yes = strcmp(value, "true") == 0;
    if (!yes && strcmp(value, "false") != 0)
        return false;
    *out = yes;
    return true;
}

static bool parse_mode(const char *value, bool *exact)
{
    bool yes = strcmp(value, "exact") == 0;
    if (!yes && strcmp(value, "flow") != 0)
        return false;
    *exact = yes;
    return true;
}

static bool parse_number(const char *value, uint64_t least, uint64_t most, uint64_t *out)
{
    uint64_t number = 0;
    if (*value == '\0')
        return false;
    for (; *value != '\0'; value++) {
        if (*value < '0' || *value > '9' || number > UINT32_MAX)
            return false;
        number = number * 10 + (uint64_t)(*value - '0');
    }
    if (number < least || number > most)
        return false;
    *out = number;
    return true;
}

static bool parse_power(const char *value, uint64_t least, uint64_t most, uint64_t *out)
{
    uint64_t number;
    if (!parse_number(value, least, most, &number) || (number & (number - 1)) != 0)
        return false;
    *out = number;
    return true;
}

static bool parse_path(const char *value, char path[CONF_PATH_BYTES])
{
    size_t length = strlen(value);
    if (length == 0 || length >= CONF_PATH_BYTES)
        return false;
    memcpy(path, value, length + 1);
    return true;
}

static bool set_value(struct conf *conf, const struct conf_key *key, const char *value)
{
    void *member = (char *)conf + key->offset;
    switch (key->kind) {
    case CONF_BOOL:
        return parse_bool(value, member);
    case CONF_MODE:
        return parse_mode(value, member);
    case CONF_NUMBER:
        return parse_number(value, key->least, key->most, member);
    case CONF_POWER:
        return parse_power(value, key->least, key->most, member) && (conf->ring_bytes_set = true);
    case CONF_ARENAS:
        if (strcmp(value, "auto") == 0)
            return *(uint64_t *)member = 0, true;
        return parse_number(value, key->least, key->most, member);
    case CONF_GROUP:
        return group_find(value, member);
    case CONF_PATH:
        return parse_path(value, member);
    }
    return false;
}

static const struct conf_key *find_key(const char *name)
{
    for (size_t i = 0; i < KEYS; i++)
        if (strcmp(keys[i].name, name) == 0)
            return &keys[i];
    return NULL;
}

static void describe_key(const struct conf_key *key, char *text, size_t bytes)
{
    switch (key->kind) {
    case CONF_BOOL:
        snprintf(text, bytes, "true or false");
        break;
    case CONF_MODE:
        snprintf(text, bytes, "exact or flow");
        break;
    case CONF_NUMBER:
        snprintf(text, bytes, "%llu to %llu", (unsigned long long)key->least, (unsigned long long)key->most);
        break;
    case CONF_POWER:
        snprintf(text, bytes, "a power of two, %llu to %llu", (unsigned long long)key->least,
                 (unsigned long long)key->most);
        break;
    case CONF_ARENAS:
        snprintf(text, bytes, "auto, or %llu to %llu", (unsigned long long)key->least, (unsigned long long)key->most);
        break;
    case CONF_GROUP:
        snprintf(text, bytes, "a group's name or number");
        break;
    case CONF_PATH:
        snprintf(text, bytes, "a path");
        break;
    }
}

static void parse_pair(struct conf *conf, char *pair, conf_complain *complain, void *context)
{
    char text[256], allowed[64];
    char *colon = strchr(pair, ':');
    if (colon != NULL)
        *colon = '\0';
    const struct conf_key *key = find_key(pair);
    if (key == NULL) {
        snprintf(text, sizeof text, "ARENATOP_CONF: unknown key \"%.64s\"", pair);
        complain(context, text);
        return;
    }
    if (colon != NULL && set_value(conf, key, colon + 1))
        return;
    describe_key(key, allowed, sizeof allowed);
    snprintf(text, sizeof text, "ARENATOP_CONF: %s: bad value \"%.64s\" (%s)", key->name,
             colon != NULL ? colon + 1 : "", allowed);
    complain(context, text);
}

void conf_parse(struct conf *conf, const char *text, conf_complain *complain, void *context)
{
    char pair[CONF_PATH_BYTES + 32];
    while (text != NULL && *text != '\0') {
        size_t length = strcspn(text, ",");
        if (length >= sizeof pair) {
            complain(context, "ARENATOP_CONF: a key:value pair is too long");
        } else if (length > 0) {
            memcpy(pair, text, length);
            pair[length] = '\0';
            parse_pair(conf, pair, complain, context);
        }
        text += length;
        text += *text == ',';
    }
}
