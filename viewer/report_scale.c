/* report_scale.c: where the lines of a chart's grid stand. */
#include "report_scale.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define MS  UINT64_C(1000000)
#define S   (1000 * MS)
#define MIN (60 * S)
#define H   (60 * MIN)
#define DAY (24 * H)

uint64_t scale_bytes_step(uint64_t most, unsigned lines)
{
    /* Of 1,024, which the larger ones divide: 512M is followed by 1G. */
    static const unsigned round[] = {1, 2, 5, 10, 20, 50, 128, 256, 512};

    for (unsigned shift = 0; shift <= 50; shift += 10)
        for (size_t i = 0; i < sizeof(round) / sizeof(round[0]); i++)
            if (most / ((uint64_t)round[i] << shift) <= lines)
                return (uint64_t)round[i] << shift;
    return most / lines;
}

uint64_t scale_time_step(uint64_t span_ns, unsigned lines)
{
    static const uint64_t round[] = {10 * MS,  20 * MS,  50 * MS, 100 * MS, 200 * MS, 500 * MS, S,       2 * S,
                                     5 * S,    10 * S,   15 * S,  30 * S,   MIN,      2 * MIN,  5 * MIN, 10 * MIN,
                                     15 * MIN, 30 * MIN, H,       2 * H,    3 * H,    6 * H,    12 * H,  DAY};

    for (size_t i = 0; i < sizeof(round) / sizeof(round[0]); i++)
        if (span_ns / round[i] <= lines)
            return round[i];
    return (span_ns / DAY / lines + 1) * DAY;
}

static size_t write_label(char out[FORMAT_BYTES], const struct tm *utc, uint64_t time_ns, uint64_t step_ns)
{
    if (time_ns % DAY == 0)
        return strftime(out, FORMAT_BYTES, "%b %d", utc);
    if (step_ns >= MIN)
        return strftime(out, FORMAT_BYTES, "%H:%M", utc);
    size_t length = strftime(out, FORMAT_BYTES, "%H:%M:%S", utc);
    if (length > 0 && step_ns < S)
        snprintf(out + length, FORMAT_BYTES - length, ".%03u", (unsigned)(time_ns % S / MS));
    return length;
}

char *scale_time_label(char out[FORMAT_BYTES], uint64_t time_ns, uint64_t step_ns)
{
    time_t seconds = (time_t)(time_ns / S);
    struct tm utc;

    if (gmtime_r(&seconds, &utc) == NULL || write_label(out, &utc, time_ns, step_ns) == 0)
        strcpy(out, "?");
    return out;
}
