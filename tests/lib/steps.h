/* steps.h: marks for steps.c, which counts the instructions between two of them. */
#ifndef TEST_STEPS_H
#define TEST_STEPS_H

#include <stddef.h>

/* Ends the stretch that is being counted, if there is one, and begins another, unless `name` is NULL. A program that does
 * not run under steps dies of SIGTRAP here. */
static inline void steps_mark(const char *name)
{
    __asm__ volatile("int3" ::"D"(name) : "memory");
}

#endif
