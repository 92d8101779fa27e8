/* format.h: figures as the few characters that a tired eye takes in: three or four digits and a unit.
 *
 * Capital units are powers of 1,024 and count bytes (K M G T P); small ones are powers of 1,000 and count things
 * (k m g t p). All functions write a terminated string of ASCII into `out` and return it; none allocates. */
#ifndef AT_FORMAT_H
#define AT_FORMAT_H

#include <stdbool.h>
#include <stdint.h>

#define FORMAT_BYTES 32

/* How figures of bytes are shown; `u` goes through them. X(NAME, word) */
#define FORMAT_UNITS(X) \
    X(SCALED, "K/M/G")  \
    X(RAW, "bytes")     \
    X(PERCENT, "percent")

#define FORMAT_ENUM(name, word) FORMAT_##name,
enum format_unit { FORMAT_UNITS(FORMAT_ENUM) FORMAT_UNIT_COUNT };

/* The word of a unit, for the status line and the settings file; "?" for none. */
const char *format_unit_word(enum format_unit unit);

/* A figure that may be below zero without losing the upper half of 64 bits. */
struct figure {
    uint64_t magnitude;
    bool negative;
};

/* a - b of two unsigned figures. */
struct figure figure_difference(uint64_t a, uint64_t b);

/* a - b; at most 2^64 - 1 away from 0. */
struct figure figure_subtract(struct figure a, struct figure b);

/* `figure` over `elapsed_ns` as an amount a second, rounded; 0 when no time went by. */
struct figure figure_per_second(struct figure figure, uint64_t elapsed_ns);

/* A magnitude that was reckoned with: what does not fit into 64 bits is the largest that does. */
uint64_t figure_magnitude(double value);

/* -1, 0 or 1 as `a` is less than, equal to or more than `b`. */
int figure_compare(struct figure a, struct figure b);

/* 0B 640B 1.00K 12.1M 640.1M 1.21G; four digits between 1,000 and 1,023 of a unit. */
char *format_bytes(char out[FORMAT_BYTES], uint64_t bytes);

/* 0 9999 12.3k 1.20m */
char *format_count(char out[FORMAT_BYTES], uint64_t count);

/* 1,234,567 */
char *format_grouped(char out[FORMAT_BYTES], uint64_t number);

/* `part` of `whole`: 0% 0.04% 3.4% 100%; "-" when there is no whole. */
char *format_percent(char out[FORMAT_BYTES], uint64_t part, uint64_t whole);

/* 900ns 210us 1.20ms 1.00s */
char *format_ns(char out[FORMAT_BYTES], uint64_t ns);

/* Time since something, to the second while that matters: 00:42 59:59 3h12m 2d03h 123d. */
char *format_age(char out[FORMAT_BYTES], uint64_t ns);

/* A moment of CLOCK_REALTIME in UTC: 2026-11-22 19:32:00. */
char *format_utc(char out[FORMAT_BYTES], uint64_t time_ns);

/* A moment of CLOCK_REALTIME in UTC: 2026-11-22T19:32:00.123456789Z. */
char *format_time(char out[FORMAT_BYTES], uint64_t time_ns);

/* Puts '+' or '-' before what `out` holds; nothing before a zero. */
char *format_sign(char out[FORMAT_BYTES], struct figure figure);

#endif
