/* doctor_process.h: what /proc tells doctor of a running process. */
#ifndef VIEWER_DOCTOR_PROCESS_H
#define VIEWER_DOCTOR_PROCESS_H

#include "doctor.h"
#include "procs.h"

/* Fills in *process for a process that procs_read found: state, namespaces, mappings and environment. */
void doctor_process_read(struct doctor_process *process, const struct proc *proc);

/* Adds what is needed to start it anew: its program and its command line. */
void doctor_process_read_program(struct doctor_process *process, const struct proc *proc);

/* Takes LD_PRELOAD, MALLOC_CONF and ARENATOP_CONF from a block of "NAME=VALUE" words, each ended by a zero. */
void doctor_process_parse_environment(struct doctor_process *process, const char *block, size_t bytes);

#endif
