/* SPDX-License-Identifier: ISC */
/*
 * tree.h - a directory with all that is in it: copied, removed.
 */
#ifndef SV_TREE_H
#define SV_TREE_H

#include <stdbool.h>

enum { SV_TREE_DEPTH = 32 }; /* directories in directories; deeper: ELOOP */

/* Copies the directory from to to, which must not be there, both below base.
 * Directories, files, symlinks (not followed) and fifos keep their modes, and
 * their owners as far as we may give files away; anything else is refused
 * (EINVAL).  False with errno set; then what there is of the copy stays. */
bool sv_tree_copy(int base, const char *from, const char *to);

/* Removes path, which may be missing, with all that is in it; no symlink is
 * followed.  False with errno set. */
bool sv_tree_remove(int base, const char *path);

#endif
