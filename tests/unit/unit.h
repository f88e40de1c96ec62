/* SPDX-License-Identifier: ISC */
/*
 * unit.h - what the unit tests share: a service directory each, and main().
 *
 * A test of a suite that is run with UNIT_RUN_IN_SCRATCH finds `service`, a
 * descriptor of a fresh directory that holds nothing but supervise/.  All of
 * them are below one directory, which is removed whatever becomes of the tests.
 */
#ifndef UNIT_H
#define UNIT_H

#include <check.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define UNIT_TRUTHS(...)                                                       \
    (const TTest *const[]){__VA_ARGS__},                                       \
        sizeof((const TTest *const[]){__VA_ARGS__}) / sizeof(const TTest *)

/* Each makes a suite of the tests named and returns main()'s exit code. */
#define UNIT_RUN(name, ...) unit_run(name, false, UNIT_TRUTHS(__VA_ARGS__))
#define UNIT_RUN_IN_SCRATCH(name, ...)                                         \
    unit_run(name, true, UNIT_TRUTHS(__VA_ARGS__))

static char unit_scratch[4000];
static int service = -1;

static inline void unit_make_scratch(void)
{
    const char *tmp = getenv("TMPDIR");

    snprintf(unit_scratch, sizeof unit_scratch, "%s/sv-unit-XXXXXX",
             tmp != NULL ? tmp : "/tmp");
    ck_assert_ptr_nonnull(mkdtemp(unit_scratch));
}

static inline int unit_remove(const char *path, const struct stat *st, int type,
                              struct FTW *walk)
{
    (void)st;
    (void)type;
    (void)walk;
    return remove(path);
}

static inline void unit_drop_scratch(void)
{
    nftw(unit_scratch, unit_remove, 16, FTW_DEPTH | FTW_PHYS);
}

static inline void unit_open_service(void)
{
    char dir[sizeof unit_scratch + 8];

    snprintf(dir, sizeof dir, "%s/XXXXXX", unit_scratch);
    ck_assert_ptr_nonnull(mkdtemp(dir));
    service = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    ck_assert_int_ge(service, 0);
    ck_assert_int_eq(mkdirat(service, "supervise", 0700), 0);
}

static inline void unit_close_service(void)
{
    close(service);
}

/* Makes or replaces a file of the service directory. */
static inline void put_bytes(const char *file, const void *bytes, size_t size)
{
    int fd = openat(service, file, O_WRONLY | O_CREAT | O_TRUNC, 0666);

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, bytes, size), (ssize_t)size);
    close(fd);
}

static inline void put_text(const char *file, const char *text)
{
    put_bytes(file, text, strlen(text));
}

/* Reads a file of the service directory into buf; its size, or -1. */
static inline ssize_t get_bytes(const char *file, void *buf, size_t size)
{
    int fd = openat(service, file, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, buf, size);

    if (fd >= 0)
        close(fd);
    return n;
}

static inline bool is_there(const char *file)
{
    return faccessat(service, file, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

/* How many descriptors are open: one that leaks changes it. */
static inline int open_descriptors(void)
{
    int count = 0;

    for (int fd = 0; fd < 1024; fd++)
        count += fcntl(fd, F_GETFD) >= 0;
    return count;
}

static inline int unit_run(const char *name, bool in_scratch,
                           const TTest *const *truths, size_t n)
{
    Suite *suite = suite_create(name);
    TCase *tcase = tcase_create(name);
    SRunner *runner;
    int failed;

    if (in_scratch) {
        tcase_add_unchecked_fixture(tcase, unit_make_scratch,
                                    unit_drop_scratch);
        tcase_add_checked_fixture(tcase, unit_open_service, unit_close_service);
    }
    for (size_t i = 0; i < n; i++)
        tcase_add_test(tcase, truths[i]);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

#endif
