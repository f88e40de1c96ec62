/* SPDX-License-Identifier: ISC */
/*
 * draft.h - the files of a definition in the making.
 *
 * It is made as DEFS/.svctl.new, which svscan does not look at, and renamed
 * when it is whole.  What a killed svctl has left there is removed first: one
 * at a time makes something there, by a lock on DEFS.
 */
#ifndef SVCTL_DRAFT_H
#define SVCTL_DRAFT_H

#include "sv/paths.h"
#include "svctl/svctl.h"

struct draft {
    const struct call *call; /* NAME COMMAND..., and the options of new */
    const char *defs;
    const char *log_dir;     /* where its log is kept; NULL: it has no logger */
    const char *log_user;    /* who writes it; NULL: whoever starts it */
};

/* Writes the definition, whole or not at all; place becomes its path.  Exits,
 * having said why, if that cannot be: with 1 if the name is taken. */
void draft_write(const struct draft *draft, char place[static SV_PATH_MAX]);

#endif
