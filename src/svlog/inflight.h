/* SPDX-License-Identifier: ISC */
/*
 * inflight.h - the bytes that have left standard input and may not have reached
 * every log: the file .inflight of a script's first logdir.
 *
 *   offset  size  what
 *        0  4096  the ledger, below; the rest of the page is unused
 *     4096     *  bytes as they came from standard input
 *
 * Why: svlog may be killed between any two instructions, and no line may be
 * lost or come twice.  So bytes are not read, they are moved from standard
 * input to this file by one system call, which SIGKILL cannot divide: each
 * byte is in the one or in the other.  Before any of them is worked on, the
 * ledger says where the work begins, and which file, of which size, each
 * logdir has.  When what they make has been written, the ledger moves on.  A
 * svlog that finds bytes after the ledger's beginning cuts the logdirs' files
 * to the sizes in the ledger, and works those bytes again.
 *
 * The ledger is written by one pwrite() from one page of memory to one page of
 * the file, which SIGKILL cannot divide either.  It is of one boot: after a
 * power cut nobody knows which of its writes are on the disk, so then nothing is
 * cut, and lines may come twice.
 * It is in the machine's byte order.  After an orderly end the file is empty.
 *
 * What has bytes and no ledger that is whole has been damaged by somebody else.
 * Nobody knows which of the bytes have been worked: they are kept for whoever
 * wants to look at them, under the name .inflight.@LABEL.
 */
#ifndef SVLOG_INFLIGHT_H
#define SVLOG_INFLIGHT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "svlog/logdir.h"
#include "svlog/script.h"

#define INFLIGHT ".inflight"

enum {
    INFLIGHT_LEDGER = 4096,
    INFLIGHT_BOOT = 40,
    INFLIGHT_REWIND = 768 * 1024, /* a file of this size begins anew */
};

struct ledger {
    char magic[8];            /* "svlog 3\n" */
    char boot[INFLIGHT_BOOT]; /* the kernel's boot id, or zeros: unknown */
    uint64_t begin;           /* where the bytes that are left begin */
    uint64_t cut;             /* if not 0: where they end, and so the file */
    uint64_t column;          /* bytes of the line at begin that are out */
    uint64_t marks;           /* how many of mark[] are used */
    struct logdir_mark mark[SCRIPT_ACTIONS_MAX];
    uint64_t dropped;         /* lines beyond the rate, of which no log says */
    uint64_t left_out;        /* actions that do not get the rest of that line:
                                 bit i for action i */
};

_Static_assert(sizeof(struct ledger) <= INFLIGHT_LEDGER, "one page");

struct inflight {
    int fd;
    uint64_t size;         /* of the file */
    struct ledger ledger;  /* as it should be */
    struct ledger written; /* as it is in the file */
};

enum { INFLIGHT_ASIDE = sizeof INFLIGHT + 1 + ARCHIVE_LABEL };

/* Are there bytes left in dir/.inflight?  False too if it cannot be read. */
bool inflight_waits(int dir);

/* Opens dir/.inflight, creating it if need be, and reads its ledger.  One of
 * another boot has no marks.  What has been damaged is renamed, and aside is its
 * new name, else "".  False with errno set. */
bool inflight_open(struct inflight *inflight, int dir,
                   char aside[static INFLIGHT_ASIDE]);

/* How many bytes are left to be worked. */
uint64_t inflight_left(const struct inflight *inflight);

/* Reads at most size of those bytes, from the one at skip on.  Returns the
 * count, or -1 with errno set. */
ssize_t inflight_read(const struct inflight *inflight, uint64_t skip,
                      char *buf, size_t size);

/* Makes the ledger in the file that of memory, if it is not.  To be called
 * before bytes are moved here and before any is worked on.  False with errno
 * set, and then to be called again. */
bool inflight_settle(struct inflight *inflight);

/* Begins a file that has grown anew: the bytes left, which are the size bytes
 * of left, come first.  False as inflight_settle. */
bool inflight_rewind(struct inflight *inflight, const char *left, size_t size);

/* Empties the file, for an orderly end. */
bool inflight_empty(struct inflight *inflight);

#endif
