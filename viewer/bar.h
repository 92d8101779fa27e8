/* bar.h: one line that says whose the memory is: a bar of the largest classes, each named beside its part. */
#ifndef VIEWER_BAR_H
#define VIEWER_BAR_H

#include "viewer.h"

/* Paints it into a row of the viewer's canvas. What jemalloc holds without it being live is the last part. */
void bar_paint(struct viewer *viewer, int row);

#endif
