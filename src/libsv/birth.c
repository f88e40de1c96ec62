/* SPDX-License-Identifier: ISC */
/*
 * birth.c - statx(2), which the C library that production links has no name
 * for; and the kernel's header of it does not go with <sys/stat.h>, hence a
 * file of its own.
 */
#include <linux/fcntl.h>
#include <linux/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sv/birth.h"

enum { NS_OF_SECOND = 1000000000 };

uint64_t sv_birth_of(int dir, const char *file)
{
    struct statx st;

    if (syscall(SYS_statx, dir, file, AT_EMPTY_PATH, STATX_BTIME, &st) < 0 ||
        !(st.stx_mask & STATX_BTIME))
        return 0;
    return (uint64_t)st.stx_btime.tv_sec * NS_OF_SECOND +
           st.stx_btime.tv_nsec;
}
