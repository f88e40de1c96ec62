/* SPDX-License-Identifier: ISC */
/*
 * perms.h - who may see, command and hear a service: s6's modes for it.
 *
 *   part     of              owner   group   public
 *   status   supervise/      0700    0710    0711
 *   control  .../control     0600    0620    -
 *   events   event/          -       03730   01733
 *
 * Source: s6-svperms, contract 9.8.
 */
#ifndef SV_PERMS_H
#define SV_PERMS_H

#include <sys/types.h>

enum sv_part { SV_PART_STATUS, SV_PART_CONTROL, SV_PART_EVENTS, SV_PARTS };

enum sv_who { SV_WHO_OWNER, SV_WHO_GROUP, SV_WHO_PUBLIC, SV_WHO_ODD };

/* The mode of a part for those; 0 for a pair that there is not. */
mode_t sv_perms_mode(enum sv_part part, enum sv_who who);

/* Whom a part of that mode (its permission bits count) is for; SV_WHO_ODD for
 * any mode that is not of the table. */
enum sv_who sv_perms_who(enum sv_part part, mode_t mode);

#endif
