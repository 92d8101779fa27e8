/* header.h: the lines above every screen: who is watched, how it is, and the whole process at a glance. */
#ifndef VIEWER_HEADER_H
#define VIEWER_HEADER_H

#include "viewer.h"

/* Paints the header from row 0 of the viewer's canvas on; on a short terminal less of it. Returns how many rows it took. */
int header_paint(struct viewer *viewer);

#endif
