/* words.c: what the values of states, modes and reasons are called wherever they are shown. */
#include "snapshot.h"

#define WORD_AT(value, name, word) [value] = (word),

static const char *const state_words[] = {AT_STATES(WORD_AT)};
static const char *const mode_words[] = {AT_MODES(WORD_AT)};
static const char *const reason_texts[] = {AT_REASONS(WORD_AT)};

/* A value of a newer writer, or a lie. */
static const char unknown[] = "?";

const char *at_state_word(uint32_t state)
{
    return state < AT_STATE_COUNT ? state_words[state] : unknown;
}

const char *at_mode_word(uint32_t mode)
{
    return mode < AT_MODE_COUNT ? mode_words[mode] : unknown;
}

const char *at_reason_text(uint32_t reason)
{
    return reason < AT_REASON_COUNT ? reason_texts[reason] : unknown;
}
