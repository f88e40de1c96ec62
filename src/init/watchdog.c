/* SPDX-License-Identifier: ISC */
/*
 * watchdog.c - the watchdog device.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/watchdog.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sv/clock.h"
#include "sv/say.h"
#include "init/watchdog.h"

#define DEVICE "/dev/watchdog"

static int fd = -1;
static int seconds;
static int64_t pause_ns; /* from one meal to the next: half of what it can bear */
static int64_t due = INT64_MAX;
static bool is_said;     /* that it cannot be had */

void watchdog_begin(int64_t ms)
{
    if (ms == 0)
        return;
    seconds = (int)((ms + 999) / 1000);
    due = 0;
}

/* A device that takes no such time has one of its own; if it does not even say
 * which, it is taken at our word. */
static int agreed_seconds(void)
{
    int agreed = seconds;

    /* Not ioctl(2): C libraries differ in the type of a request. */
    if (syscall(SYS_ioctl, fd, WDIOC_SETTIMEOUT, &agreed) == -1 &&
        syscall(SYS_ioctl, fd, WDIOC_GETTIMEOUT, &agreed) == -1)
        sv_warn_sys("unable to set the time of " DEVICE);
    return agreed > 0 ? agreed : seconds;
}

static void open_device(void)
{
    char number[SV_NUMBER_MAX];
    int agreed;

    pause_ns = SV_SECOND;
    fd = open(DEVICE, O_WRONLY | O_CLOEXEC);
    if (fd == -1) {
        if (!is_said)
            sv_warn_sys("unable to open " DEVICE " (trying once a second)");
        is_said = true;
        return;
    }
    is_said = false;
    agreed = agreed_seconds();
    pause_ns = agreed * SV_SECOND / 2;
    sv_info("feeding " DEVICE ", which resets the machine after ",
            sv_number(number, agreed), " s without");
}

/* What cannot be fed is opened anew. */
static void feed(void)
{
    if (write(fd, "", 1) == 1)
        return;
    sv_warn_sys("unable to feed " DEVICE);
    close(fd);
    fd = -1;
}

void watchdog_look(void)
{
    int64_t now = sv_boottime();

    if (now < due)
        return;
    if (fd == -1)
        open_device();
    else
        feed();
    due = now + pause_ns;
}

int64_t watchdog_due(void)
{
    return due;
}

void watchdog_disarm(void)
{
    due = INT64_MAX;
    if (fd == -1)
        return;
    if (write(fd, "V", 1) == -1)
        sv_warn_sys("unable to disarm " DEVICE);
    close(fd);
    fd = -1;
}
