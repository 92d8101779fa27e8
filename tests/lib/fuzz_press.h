/* fuzz_press.h: bytes as what a user does to a view. */
#ifndef TESTS_FUZZ_PRESS_H
#define TESTS_FUZZ_PRESS_H

#include "fuzz.h"
#include "keys.h"
#include "text.h"
#include "viewer.h"

/* A frame, of which every cell may be sent to a terminal. */
static inline void fuzz_paint(struct viewer *viewer, int rows, int columns)
{
    require(viewer_paint(viewer, rows, columns) == 0);
    for (int i = 0; i < rows * columns; i++) {
        uint32_t character = viewer->canvas.cells[i].character;
        require(character - ' ' < 0x5f || character == 0 || !text_is_control(character)); /* most are of ASCII */
        require(viewer->canvas.cells[i].style < STYLE_COUNT);
    }
    require(viewer->canvas.caret_row < rows && viewer->canvas.caret_column < columns);
}

/* What a byte stands for: a key, a click, the wheel, another size; and the frame after it. */
static inline void fuzz_press(struct viewer *viewer, uint8_t byte, int *rows, int *columns)
{
    if (byte < 0x80)
        viewer_input(viewer, byte);
    else if (byte < 0xa0)
        viewer_input(viewer, INPUT_UP + (byte - 0x80u));
    else if (byte < 0xc0)
        viewer_click(viewer, byte - 0xa0, byte % 50);
    else if (byte < 0xc8)
        viewer_wheel(viewer, (byte - 0xc4) * 3);
    else if (byte < 0xe4)
        *rows = 1 + (byte - 0xc8) * 2;
    else
        *columns = 1 + (byte - 0xe4) * 9;
    fuzz_paint(viewer, *rows, *columns);
}

#endif
