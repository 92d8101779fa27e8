/* doctor_checks.h: the judges behind the table of checks (doctor.c), and the words they use. Each fills in *finding, which
 * comes to it with the check's name, and leaves its facts alone. */
#ifndef VIEWER_DOCTOR_CHECKS_H
#define VIEWER_DOCTOR_CHECKS_H

#include "doctor.h"

typedef void doctor_judge(const struct doctor_facts *facts, struct doctor_finding *finding);

/* doctor_agent.c: the agent and what it publishes */
doctor_judge doctor_judge_agent, doctor_judge_cost, doctor_judge_interval, doctor_judge_history, doctor_judge_warnings;
/* doctor_books.c: how far the attribution can be trusted */
doctor_judge doctor_judge_mode, doctor_judge_classes, doctor_judge_books, doctor_judge_unbound, doctor_judge_overflow,
    doctor_judge_threads;
/* doctor_heap.c: jemalloc and what it holds */
doctor_judge doctor_judge_jemalloc, doctor_judge_order, doctor_judge_idle, doctor_judge_arenas;
/* doctor_machine.c: what stands around the process */
doctor_judge doctor_judge_memory, doctor_judge_shm, doctor_judge_access;
/* doctor_start.c: a process without the agent */
doctor_judge doctor_judge_unwatched, doctor_judge_program, doctor_judge_malloc;

/* Sets level and text, or adds what to do; printf's format, too long texts are cut. */
void doctor_find(struct doctor_finding *finding, enum doctor_level level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void doctor_advise(struct doctor_finding *finding, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Adds to the text, behind what is there. */
void doctor_add(struct doctor_finding *finding, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Mode and reason: the newest snapshot's, or the header's when there is none. */
enum at_mode doctor_mode(const struct doctor_facts *facts);
enum at_reason doctor_reason(const struct doctor_facts *facts);

/* Whether MALLOC_CONF of the process says `key`:true. False also when it is not known. */
bool doctor_malloc_option(const struct doctor_facts *facts, const char *key);

/* Threads that no hook has met in any of the newest snapshots: one that was just being made is none of them, and
 * jemalloc's own are none; of a process that is gone these cannot be told from others. */
uint64_t doctor_unseen(const struct doctor_facts *facts);

/* A list of classes shows so many names, and says how many more there are. */
#define DOCTOR_NAMES_SHOWN 5u

#endif
