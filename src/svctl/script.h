/* SPDX-License-Identifier: ISC */
/*
 * script.h - can a file be executed, as far as it can be seen from outside?
 */
#ifndef SVCTL_SCRIPT_H
#define SVCTL_SCRIPT_H

#include <stdbool.h>

struct script {
    int root;         /* descriptor of what absolute paths begin at */
    int base;         /* descriptor of the directory in which it is */
    const char *file;
};

struct script_fault {
    bool is_grave; /* it cannot be executed; else: nobody can have meant it */
    int line;      /* 0: none */
    char reason[512];
};

/* True, with *fault set, if something is wrong: it is no regular file, empty,
 * not executable, its interpreter is not there or has no absolute path, or it
 * is neither a script nor a program.  may_be_text: a file that is not executable
 * is a command line, and nothing more is asked of it.  A file that is missing
 * has no fault. */
bool script_fault(const struct script *script, bool may_be_text,
                  struct script_fault *fault);

#endif
