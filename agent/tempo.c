/* tempo.c: paces what is done again and again. */
#include "tempo.h"

#include "say.h"

#define NS_PER_MS UINT64_C(1000000)

void tempo_set(struct tempo *tempo, uint64_t every_ns)
{
    *tempo = (struct tempo){.wanted_ns = every_ns, .every_ns = every_ns};
}

static void keep_sorted(struct tempo *tempo, uint64_t cost_ns)
{
    unsigned i = tempo->seen++;
    for (; i > 0 && tempo->window_ns[i - 1] > cost_ns; i--)
        tempo->window_ns[i] = tempo->window_ns[i - 1];
    tempo->window_ns[i] = cost_ns;
}

void tempo_pace(struct tempo *tempo, uint64_t cost_ns, uint64_t share, const char *what, const char *limit)
{
    keep_sorted(tempo, cost_ns);
    if (tempo->seen < TEMPO_WINDOW)
        return;
    tempo->seen = 0;
    tempo->cost_ns = tempo->window_ns[TEMPO_WINDOW / 2];
    uint64_t least = tempo->cost_ns * share, lasted_ns = TEMPO_WINDOW * tempo->every_ns;
    tempo->every_ns = least > tempo->wanted_ns ? least : tempo->wanted_ns;
    bool dear = tempo->every_ns > tempo->wanted_ns + tempo->wanted_ns / 4;
    tempo->dear_ns = dear ? tempo->dear_ns + lasted_ns : 0;
    if (tempo->dear_ns >= TEMPO_SAID_NS && !tempo->said) {
        tempo->said = true;
        say_warning("%s cost over %s of a core: they are taken less often than every %llu ms", what, limit,
                    (unsigned long long)(tempo->wanted_ns / NS_PER_MS));
    }
}

void tempo_schedule(struct tempo *tempo, uint64_t now)
{
    tempo->next_ns += tempo->every_ns;
    if (tempo->next_ns <= now)
        tempo->next_ns = now + tempo->every_ns;
}
