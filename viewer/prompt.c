/* prompt.c: a line that a person types into. */
#include "prompt.h"

#include <stdio.h>
#include <string.h>

#include "keys.h"
#include "text.h"

const char *prompt_label(enum prompt_kind kind)
{
#define PROMPT_LABEL(name, label) label,
    static const char *const labels[] = {PROMPT_KINDS(PROMPT_LABEL)};
    return (unsigned)kind < PROMPT_KIND_COUNT ? labels[kind] : "";
}

void prompt_open(struct prompt *prompt, enum prompt_kind kind, const char *text)
{
    prompt->kind = kind;
    prompt->replaces = kind == PROMPT_DELAY;
    snprintf(prompt->before, sizeof(prompt->before), "%s", text);
    snprintf(prompt->text, sizeof(prompt->text), "%s", text);
}

static void append(struct prompt *prompt, uint32_t character)
{
    char bytes[4];
    size_t length = prompt->replaces ? 0 : strlen(prompt->text), more = text_encode(bytes, character);
    if (text_is_control(character) || length + more >= sizeof(prompt->text))
        return;
    memcpy(prompt->text + length, bytes, more);
    prompt->text[length + more] = '\0';
}

/* Takes the last character away, with every byte of it. */
static void shorten(struct prompt *prompt)
{
    size_t length = strlen(prompt->text);
    while (length > 0 && ((unsigned char)prompt->text[length - 1] & 0xC0) == 0x80)
        length--;
    if (length > 0)
        length--;
    prompt->text[length] = '\0';
}

static enum prompt_result close_with(struct prompt *prompt, enum prompt_result result)
{
    prompt->kind = PROMPT_NONE;
    if (result == PROMPT_CANCELLED)
        memcpy(prompt->text, prompt->before, sizeof(prompt->text));
    return result;
}

static enum prompt_result edit(struct prompt *prompt, uint32_t input)
{
    enum { KILL_LINE = 'U' & 0x1f };
    switch (input) {
    case INPUT_ENTER:
        return close_with(prompt, PROMPT_DONE);
    case INPUT_ESCAPE:
        return close_with(prompt, PROMPT_CANCELLED);
    case INPUT_BACKSPACE:
        if (prompt->text[0] == '\0')
            return close_with(prompt, PROMPT_CANCELLED);
        shorten(prompt);
        return PROMPT_TYPING;
    case KILL_LINE:
        prompt->text[0] = '\0';
        return PROMPT_TYPING;
    default:
        if (input >= INPUT_UP)
            return close_with(prompt, PROMPT_LEFT);
        append(prompt, input);
        return PROMPT_TYPING;
    }
}

enum prompt_result prompt_input(struct prompt *prompt, uint32_t input)
{
    enum prompt_result result = edit(prompt, input);
    prompt->replaces = false;
    return result;
}
