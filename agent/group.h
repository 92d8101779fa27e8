/* group.h: a group's name or number to its gid, without the name service: its modules may allocate, open sockets and
 * start threads inside the host. */
#ifndef AGENT_GROUP_H
#define AGENT_GROUP_H

#include <stdbool.h>
#include <sys/types.h>

/* Looks `name` up in /etc/group, or takes it as a number. Returns false when there is none. Allocates nothing. */
bool group_find(const char *name, gid_t *gid);

#endif
