/* doctor_facts.h: reads what doctor judges: the segment or file, its history, and the process in /proc. Works without
 * root on one's own processes; what may not be read is said to be unknown, never guessed. */
#ifndef VIEWER_DOCTOR_FACTS_H
#define VIEWER_DOCTOR_FACTS_H

#include "doctor.h"
#include "fail.h"
#include "source.h"

struct doctor_case {
    struct doctor_facts facts; /* points into the rest */
    struct source *source;
    struct snapshot now, before, other;
};

/* Resolves `word` (target.h) and reads everything. A process that is not under the agent is a case too. Returns 0, or -1
 * with *failure set: no such process, not permitted, not ours. doctor_case_free afterwards, in both cases. */
int doctor_case_open(struct doctor_case *one, const char *word, struct failure *failure);
void doctor_case_free(struct doctor_case *one);

#endif
