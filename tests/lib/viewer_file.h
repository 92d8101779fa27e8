/* viewer_file.h: what the tests of the view have in common: a viewer without a terminal, on a file with a history. */
#ifndef TESTS_VIEWER_FILE_H
#define TESTS_VIEWER_FILE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "synth.h"
#include "viewer.h"

#define ROWS    30
#define COLUMNS 120
#define SECOND  UINT64_C(1000000000)

static char path[] = "/tmp/arenatop-test-viewer.XXXXXX";
static struct viewer viewer;
static uint64_t now_ns;

static inline void look(void)
{
    now_ns += SECOND;
    viewer_look(&viewer, now_ns, now_ns);
    while (viewer_fill(&viewer)) {
    }
    assert_int_equal(viewer_paint(&viewer, ROWS, COLUMNS), 0);
}

static inline void open_file(void)
{
    struct failure failure;
    struct target target;
    viewer_init(&viewer);
    viewer.canvas.utf8 = viewer.canvas.pictures = true;
    now_ns = UINT64_C(2000000000) * SECOND;
    assert_int_equal(target_resolve(&target, path, &failure), TARGET_FOUND);
    assert_int_equal(session_open(&viewer.session, &target, &failure), 0);
    look();
    look();
}

static inline int set_up(void **state)
{
    (void)state;
    open_file();
    return 0;
}

static inline int tear_down(void **state)
{
    (void)state;
    viewer_free(&viewer);
    return 0;
}

static inline int make_file(void **state)
{
    struct synth_options options;
    (void)state;
    synth_defaults(&options);
    options.classes = 30;
    options.threads = 3;
    options.history = 40;
    options.wave_bytes = 1 << 20;
    options.ring_bytes = 4 << 20;
    int file = mkstemp(path);
    if (file < 0)
        return -1;
    close(file);
    unlink(path);
    return synth_file(&options, path);
}

static inline int remove_file(void **state)
{
    (void)state;
    return unlink(path);
}

static inline void press(uint32_t input)
{
    viewer_input(&viewer, input);
    look();
}

static inline void type(const char *text)
{
    for (; *text != '\0'; text++)
        viewer_input(&viewer, (unsigned char)*text);
    look();
}

static inline const char *line(int row)
{
    static char text[8192];
    canvas_line(&viewer.canvas, row, text, sizeof(text));
    return text;
}

static inline bool shows(const char *part)
{
    for (int row = 0; row < viewer.canvas.rows; row++)
        if (strstr(line(row), part) != NULL)
            return true;
    return false;
}

static inline bool cursor_on(const char *name)
{
    for (int row = 0; row < viewer.canvas.rows; row++)
        if (strncmp(line(row), "▸", strlen("▸")) == 0)
            return strstr(line(row), name) != NULL;
    return false;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

#endif
