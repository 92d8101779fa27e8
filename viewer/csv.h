/* csv.h: snapshots as CSV (RFC 4180): one header line, then one line for each class of each snapshot. */
#ifndef VIEWER_CSV_H
#define VIEWER_CSV_H

#include <stdio.h>

#include "snapshot.h"
#include "source.h"

/* time_ns, seq, pid, comm, name, mode, and the fields of a class by their keys. Lines end in LF: awk and cut
 * are to see clean last columns. */
void csv_write_header(FILE *to);

/* What steers a terminal or is no UTF-8 in a name is spelled out (text.h), so that a line is always a line. */
void csv_write_snapshot(const struct source_about *about, const struct snapshot *snapshot, FILE *to);

#endif
