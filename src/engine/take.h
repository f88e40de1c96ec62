/* SPDX-License-Identifier: ISC */
/*
 * take.h - what taking a service up consists of.
 *
 *   take.c    the whole, and its opposite     equip.c   its files and fifos
 *   engine.c  the set of services
 */
#ifndef ENGINE_TAKE_H
#define ENGINE_TAKE_H

#include "engine/engine.h"

/* Puts a service into the set, and takes it out. */
void service_link(struct service *service);
void service_unlink(struct service *service);

/* Frees a service that is in no set, and closes its directory if it owns it. */
void service_free(struct service *service);

/* Gives a service everything but its process.  On failure *what names the step,
 * errno is set, and what has been opened is in *service (EAGAIN: another
 * supervisor holds its lock). */
bool service_equip(struct service *service, bool is_logged,
                   const char **what);

/* Makes supervise/lock a file of its own again, so that nobody takes the tree's
 * lock for its. */
void service_give_back_lock(const struct service *service);

#endif
