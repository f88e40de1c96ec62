/* SPDX-License-Identifier: ISC */
/*
 * fuzz_service.c - what a file of a service directory of any content means.
 *
 * The input is the file.  Its meaning as a number is worked out a second time,
 * plainly; a signal must have a name that leads back to it.
 */
#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sv/paths.h"
#include "sv/service.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char scratch[] = "/tmp/sv-fuzz-XXXXXX";
static bool entered;

static void must(bool truth)
{
    if (!truth)
        abort();
}

static void leave(void)
{
    unlink("value");
    rmdir(scratch);
}

static void enter(void)
{
    must(mkdtemp(scratch) != NULL && chdir(scratch) == 0);
    entered = true;
    atexit(leave);
}

static void put(const uint8_t *data, size_t size)
{
    int fd = open("value", O_WRONLY | O_CREAT | O_TRUNC, 0600);

    must(fd >= 0 && write(fd, data, size) == (ssize_t)size);
    close(fd);
}

/* The number at the head of data, or -1. */
static int64_t number_of(const uint8_t *data, size_t size)
{
    int64_t number = 0;
    size_t i;

    for (i = 0; i < size && i < 11 && data[i] != '\n'; i++) {
        if (data[i] < '0' || data[i] > '9')
            return -1;
        number = number * 10 + (data[i] - '0');
    }
    return i > 0 && number <= UINT32_MAX ? number : -1;
}

static void check_uint(const uint8_t *data, size_t size)
{
    int64_t expected = number_of(data, size);
    uint32_t value = 1;
    enum sv_value found = sv_service_uint(AT_FDCWD, ".", "value", &value);

    must(found == (expected < 0 ? SV_INVALID : SV_FOUND));
    must(value == (expected < 0 ? 1 : expected));
}

static void check_signal(void)
{
    int number = 0;
    enum sv_value found = sv_service_signal(AT_FDCWD, ".", "value", &number);
    const char *name = sv_signal_name(number);

    must(found == SV_FOUND || found == SV_INVALID);
    must((found == SV_FOUND) == (number != 0));
    must(number >= 0 && number <= 64);
    must(strcmp(name, "???") == 0 || sv_signal_number(name) == number);
}

static void check_name(const uint8_t *data, size_t size)
{
    char name[SV_NAME_MAX + 2] = "";

    memcpy(name, data, size < sizeof name ? size : sizeof name - 1);
    must(sv_service_name_fault(name) != NULL ||
         (name[0] != '\0' && name[0] != '.' && strlen(name) <= SV_NAME_MAX &&
          strpbrk(name, "/\n\t\x1b\x7f") == NULL));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!entered)
        enter();
    put(data, size);
    check_uint(data, size);
    check_signal();
    check_name(data, size);
    return 0;
}
