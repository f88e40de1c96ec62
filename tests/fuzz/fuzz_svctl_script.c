/* SPDX-License-Identifier: ISC */
/*
 * fuzz_svctl_script.c - svctl check says of a script of any bytes what the kernel
 * would say that is to execute it.
 *
 * What the kernel makes of a first line is worked out a second time, as
 * load_script() of Linux has it.  The root holds one program, bin/sh, and what is
 * none.
 */
#include <stdint.h>
#include <unistd.h>

#include "svctl/script.h"
#include "tree.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { KERNEL_READS = 256 };

static const char root_text[] = "== bin/sh x\n\177ELF\n"
                                "== bin/text\ntext\n"
                                "== bin/dir/\n"
                                "== bin/near > sh\n"
                                "== bin/nowhere > gone\n";
static int root = -1;

static void must(bool truth)
{
    tree_must(truth);
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t';
}

/* The interpreter of a script, or false: the kernel executes no such file. */
static bool kernel_reads(const char *data, size_t size,
                         char name[static KERNEL_READS])
{
    char buf[KERNEL_READS] = {0};
    const char *end = buf + sizeof buf;
    const char *newline, *from, *to;

    memcpy(buf, data, size < sizeof buf ? size : sizeof buf);
    if (memcmp(buf, "#!", 2) != 0)
        return false;
    newline = memchr(buf, '\n', strnlen(buf, sizeof buf));
    for (from = buf + 2; from < end && is_space(*from); from++)
        ;
    for (to = from; to < end && !is_space(*to) && *to && *to != '\n'; to++)
        ;
    if (to == from || (newline == NULL && to == end))
        return false;
    snprintf(name, KERNEL_READS, "%.*s", (int)(to - from), from);
    return true;
}

/* Does it lie in the root?  Names do not lead out of that, and no link does. */
static bool is_program(const char *name)
{
    struct stat st;

    return *name == '/' && fstatat(root, name + strspn(name, "/"), &st, 0) == 0
           && S_ISREG(st.st_mode) && st.st_mode & 0111;
}

static void make_root(void)
{
    root = tree_of((const uint8_t *)root_text, sizeof root_text - 1);
}

static void put(const uint8_t *data, size_t size)
{
    int fd;

    unlinkat(root, "run", 0);
    fd = openat(root, "run", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0755);
    must(fd >= 0 && write(fd, data, size) == (ssize_t)size);
    close(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct script script = {root, root, "run"};
    const char *bytes = (const char *)data;
    struct script_fault fault = {0};
    char name[KERNEL_READS];
    bool is_fine;

    if (root < 0) {
        make_root();
        return LLVMFuzzerTestOneInput(data, size);
    }
    put(data, size);
    is_fine = !script_fault(&script, false, &fault);
    must(strnlen(fault.reason, sizeof fault.reason) < sizeof fault.reason);
    must(is_fine == !*fault.reason);
    if (size >= 4 && memcmp(bytes, "\177ELF", 4) == 0)
        must(is_fine);
    else if (!kernel_reads(bytes, size, name))
        must(!is_fine);
    else if (strstr(name, "..") == NULL)
        must(is_fine == is_program(name));
    return 0;
}
