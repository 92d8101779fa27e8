/* largest.h: the largest of many threads, for a snapshot that has no room for all. */
#ifndef AGENT_LARGEST_H
#define AGENT_LARGEST_H

#include "books.h"

/* Brings the `keep` of `count` threads that allocated most to the front, in no order; what stood there is lost, what is
 * behind them is of no use any more. `keep` is at most `count`. Any thread; `threads` is the caller's. */
void largest_keep(struct books_thread *threads, uint32_t count, uint32_t keep);

#endif
