/* SPDX-License-Identifier: ISC */
/*
 * script.c - can a file be executed, as far as it can be seen from outside?
 *
 * The root may be that of an image: what an absolute path or a symlink means
 * there is looked up there (openat2(2)), never on this machine.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sv/at.h"
#include "sv/service.h"
#include "svctl/script.h"

/* The kernel reads so much of a file to see what it is. */
enum { HEAD_MAX = 256 };

/* what is said, and then of which name; "" where there is none. */
static bool wrong(struct script_fault *fault, bool is_grave, int line,
                  const char *what, const char *name)
{
    char *end = fault->reason + sizeof fault->reason - 1;
    char *at = stpncpy(fault->reason, what, sizeof fault->reason - 1);

    *end = 0;
    stpncpy(at, name, (size_t)(end - at));
    fault->is_grave = is_grave;
    fault->line = line;
    return true;
}

/* What is at an absolute path below the root; false with errno set. */
static bool look_below(int root, const char *path, struct stat *st)
{
    struct open_how how = {.flags = O_PATH | O_CLOEXEC,
                           .resolve = RESOLVE_IN_ROOT};
    int fd = (int)syscall(SYS_openat2, root, path, &how, sizeof how);
    bool found;
    int error;

    /* Linux before 5.6: symlinks then lead out of the root. */
    if (fd < 0 && (errno == ENOSYS || errno == EPERM))
        return fstatat(root, path + strspn(path, "/"), st, 0) == 0;
    if (fd < 0)
        return false;
    found = fstat(fd, st) == 0;
    error = errno;
    close(fd);
    errno = error;
    return found;
}

/* line: behind the #!, up to end, where a NUL is. */
static bool interpreter_fault(const struct script *script, char *line,
                              const char *end, struct script_fault *fault)
{
    struct stat st;
    char *name = line + strspn(line, " \t");
    size_t size = strcspn(name, " \t\n");
    bool has_return = size > 0 && name[size - 1] == '\r';

    if (line + HEAD_MAX - 2 == end && name + size == end)
        return wrong(fault, true, 1,
                     "the name of the interpreter is too long for the kernel",
                     "");
    name[size] = 0;
    if (has_return)
        return wrong(fault, true, 1,
                     "the line ends in a carriage return: write the file "
                     "with Unix line ends", "");
    if (*name != '/')
        return wrong(fault, true, 1,
                     "the interpreter has no absolute path: ", name);
    if (!look_below(script->root, name, &st))
        return wrong(fault, true, 1, "there is no interpreter ", name);
    if (!S_ISREG(st.st_mode) || !(st.st_mode & 0111))
        return wrong(fault, true, 1, "the interpreter is no program: ", name);
    return false;
}

static bool head_fault(const struct script *script, struct script_fault *fault)
{
    char head[HEAD_MAX + 1];
    ssize_t size =
        sv_at_read(script->base, ".", script->file, head, HEAD_MAX);

    if (size < 0)
        return errno == EACCES ? false
                               : wrong(fault, true, 0, "unable to read it: ",
                                       strerror(errno));
    head[size] = 0;
    if (size >= 4 && memcmp(head, "\177ELF", 4) == 0)
        return false;
    if (size < 2 || memcmp(head, "#!", 2) != 0)
        return wrong(fault, true, 1,
                     "begins neither with #! nor as a program: it cannot be "
                     "executed", "");
    return interpreter_fault(script, head + 2, head + size, fault);
}

bool script_fault(const struct script *script, bool may_be_text,
                  struct script_fault *fault)
{
    enum sv_program program;
    struct stat st;

    if (fstatat(script->base, script->file, &st, AT_SYMLINK_NOFOLLOW) < 0)
        return false;
    /* A link may lead to somewhere that exists in the image only. */
    if (S_ISLNK(st.st_mode)) {
        char target[SV_PATH_MAX];

        if (!sv_at_link(script->base, script->file, target))
            *target = 0;
        if (*target == '/' ? !look_below(script->root, target, &st)
                           : fstatat(script->base, target, &st, 0) < 0)
            return wrong(fault, true, 0, "is a link to what is not there: ",
                         target);
    }
    program = sv_service_program(&st);
    if (program == SV_PROGRAM_INERT)
        return may_be_text ? false
                           : wrong(fault, true, 0,
                                   "is not executable: chmod +x ",
                                   script->file);
    if (program != SV_PROGRAM_FINE)
        return wrong(fault, true, 0, sv_program_fault(program), "");
    if (st.st_mode & S_IWOTH)
        return wrong(fault, false, 0,
                     "everybody may write it, and so say what runs: chmod o-w ",
                     script->file);
    return head_fault(script, fault);
}
