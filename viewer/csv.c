/* csv.c: snapshots as CSV. */
#include "csv.h"

#include <inttypes.h>
#include <string.h>

#include "fields.h"
#include "text.h"

static void write_text(const char *raw, FILE *to)
{
    char visible[TEXT_NAME_BYTES];
    const char *text = visible;

    text_visible(visible, sizeof(visible), raw);
    if (strpbrk(text, ",\"") == NULL) {
        fputs(text, to);
        return;
    }
    fputc('"', to);
    for (; *text != '\0'; text++) {
        if (*text == '"')
            fputc('"', to);
        fputc(*text, to);
    }
    fputc('"', to);
}

void csv_write_header(FILE *to)
{
    size_t count;
    const struct field *fields = fields_of(FIELDS_CLASS, &count);

    fputs("time_ns,seq,pid,comm,name,mode", to);
    for (size_t i = 0; i < count; i++)
        fprintf(to, ",%s", fields[i].key);
    fputs("\n", to);
}

static void write_class(const struct at_class *class, FILE *to)
{
    size_t count;
    const struct field *fields = fields_of(FIELDS_CLASS, &count);

    write_text(class->name, to);
    fprintf(to, ",%s", at_mode_word(class->mode));
    for (size_t i = 0; i < count; i++) {
        fputc(',', to);
        field_print(&fields[i], class, to);
    }
    fputs("\n", to);
}

void csv_write_snapshot(const struct source_about *about, const struct snapshot *snapshot, FILE *to)
{
    for (size_t row = 0; row < snapshot->nclasses; row++) {
        fprintf(to, "%" PRIu64 ",%" PRIu64 ",%d,", snapshot->head.time_ns, snapshot->head.seq, (int)about->pid);
        write_text(about->comm, to);
        fputc(',', to);
        write_class(&snapshot->classes[row], to);
    }
}
