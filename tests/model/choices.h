/* choices.h: runs a program through all that it may choose, one vector of choices after the other, as an odometer counts.
 *
 *     choices.known = 0;
 *     do {
 *         choices.depth = 0;
 *         ...choices_take(N)...
 *     } while (choices_next());
 */
#ifndef TESTS_CHOICES_H
#define TESTS_CHOICES_H

#include <stdbool.h>
#include <stdlib.h>

#define CHOICES_MAX 4096u

static struct {
    struct {
        unsigned taken;
        unsigned options;
    } choice[CHOICES_MAX];
    unsigned depth; /* choices so far in this run */
    unsigned known; /* those that are given; later ones are first options */
} choices;

/* One of the numbers below `options`, of which there is at least one. */
static inline unsigned choices_take(unsigned options)
{
    if (choices.depth == CHOICES_MAX)
        abort();
    if (choices.depth >= choices.known) {
        choices.choice[choices.depth].taken = 0;
        choices.choice[choices.depth].options = options;
    }
    return choices.choice[choices.depth++].taken;
}

/* Turns to the next vector; false when all were had. */
static inline bool choices_next(void)
{
    for (unsigned i = choices.depth; i-- > 0;)
        if (++choices.choice[i].taken < choices.choice[i].options) {
            choices.known = i + 1;
            return true;
        }
    return false;
}

#endif
