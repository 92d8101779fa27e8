/* doctor_start.c: a process without the agent: whether it could be watched, and how to start it for that. */
#include <string.h>

#include "doctor_checks.h"

static bool can_have_agent(const struct doctor_process *process)
{
    return !process->program_known || process->program_refusal[0] == '\0';
}

static void advise_start(const struct doctor_process *process, struct doctor_finding *finding)
{
    doctor_advise(finding, "start it with: arenatop run -- %s%s", process->command,
                  process->command_remark != NULL ? process->command_remark : "");
}

/* The agent is in, and is silent by its own choice or for want of something. */
static void judge_silent_agent(const struct doctor_process *process, struct doctor_finding *finding)
{
    char value[16];

    if (doctor_conf_value(process->agent_conf, "enabled", value, sizeof(value)) && strcmp(value, "false") == 0) {
        doctor_find(finding, DOCTOR_PROBLEM, "loaded, but ARENATOP_CONF says enabled:false");
        doctor_advise(finding, "leave enabled:false out");
    } else if (process->jemalloc[0] == '\0') {
        doctor_find(finding, DOCTOR_PROBLEM, "loaded, but no jemalloc serves malloc in this process");
        advise_start(process, finding);
    } else {
        doctor_find(finding, DOCTOR_PROBLEM, "loaded, but it publishes nothing");
        doctor_advise(finding, "its first line on the program's stderr says why; see shm, below");
    }
}

void doctor_judge_unwatched(const struct doctor_facts *facts, struct doctor_finding *finding)
{
    const struct doctor_process *process = &facts->process;

    if (process->agent_mapped) {
        judge_silent_agent(process, finding);
        return;
    }
    doctor_find(finding, DOCTOR_PROBLEM, "not in this process; it has to be there from the start");
    if (can_have_agent(process))
        advise_start(process, finding);
    else
        doctor_advise(finding, "see program, below");
}

void doctor_judge_program(const struct doctor_facts *facts, struct doctor_finding *finding)
{
    const struct doctor_process *process = &facts->process;

    if (!process->program_known) {
        doctor_find(finding, DOCTOR_SKIPPED, "its file may not be read by this user");
    } else if (process->program_refusal[0] != '\0') {
        const char *advice = strrchr(process->program_refusal, ';');
        doctor_find(
            finding, DOCTOR_PROBLEM, "%.*s",
            (int)(advice != NULL ? advice - process->program_refusal : (ptrdiff_t)strlen(process->program_refusal)),
            process->program_refusal);
        if (advice != NULL)
            doctor_advise(finding, "%s", advice + 1 + strspn(advice + 1, " "));
    } else {
        doctor_find(finding, DOCTOR_OK, "linked dynamically: an agent can be preloaded into it");
    }
}

void doctor_judge_malloc(const struct doctor_facts *facts, struct doctor_finding *finding)
{
    const struct doctor_process *process = &facts->process;

    if (!process->maps_known) {
        doctor_find(finding, DOCTOR_SKIPPED, "its mappings may not be read by this user");
    } else if (!can_have_agent(process)) {
        doctor_find(finding, DOCTOR_SKIPPED, "does not matter as long as no agent can be in this program");
    } else if (process->jemalloc_in_program) {
        doctor_find(finding, DOCTOR_NOTE, "jemalloc, linked into the program: under the agent figures are estimates");
        doctor_advise(finding, "link jemalloc as a shared library to have exact ones");
    } else if (process->jemalloc[0] != '\0') {
        doctor_find(finding, DOCTOR_OK, "jemalloc, a shared library: %s", process->jemalloc);
    } else if (process->other_malloc[0] != '\0') {
        doctor_find(finding, DOCTOR_NOTE, "%s, which the agent cannot read", process->other_malloc);
        doctor_advise(finding, "leave it out; 'arenatop run' brings jemalloc");
    } else {
        doctor_find(finding, DOCTOR_OK, "libc's, or the program's own: 'arenatop run' brings jemalloc");
    }
}
