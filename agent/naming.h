/* naming.h: the class that a thread gets by itself, when no rule holds. Pure functions on strings. */
#ifndef AGENT_NAMING_H
#define AGENT_NAMING_H

#include <stdbool.h>
#include <stdint.h>

#include "arenatop.h"

/* The class of a thread named `name`: the name itself, in which a run of digits that ends it, or stands between two
 * characters that are not letters or digits, becomes '*'. io_thd_3 -> io_thd_*, "G1 Refine#0" -> "G1 Refine#*". */
void naming_from_name(char class_name[AT_CLASS_NAME_BYTES], const char *name);

/* The class of an unnamed thread: "SYMBOL()", or "[OBJECT+0xOFFSET]" where `symbol` is "". A text that is too long keeps
 * its start and ends in '~' and a hash of the whole, so that different ones stay apart. */
void naming_from_start(char class_name[AT_CLASS_NAME_BYTES], const char *symbol, const char *object, uint64_t offset);

/* The same once more for a symbol that came cut to NAMING_BYTES; `whole` is what tells it from others that begin alike. */
#define NAMING_BYTES 96
void naming_tell_apart(char class_name[AT_CLASS_NAME_BYTES], const char *whole);

/* The same for a name that is made of the creator's class's. */
void naming_from_creator(char class_name[AT_CLASS_NAME_BYTES], const char *name);

#endif
