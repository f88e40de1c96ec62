/* SPDX-License-Identifier: ISC */
/*
 * boot.c - writes down when each service came up, as the tree began.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sv/at.h"
#include "sv/boot.h"
#include "sv/clock.h"
#include "sv/say.h"
#include "svscan/boot.h"

enum { US = 1000 }; /* nanoseconds in a microsecond */

/* service->boot: which lines it has, and: */
enum {
    IS_PART = 1 << SV_BOOT_TREE, /* of the boot */
    IS_AWAITED = 1 << SV_BOOT_TAKEN,
};

/* ---- the file ------------------------------------------------------------ */

static void give_up(struct boot *boot)
{
    sv_warn_sys("unable to go on with " SV_TREE_BOOT
                " (svctl chart will not know all of it)");
    close(boot->fd);
    boot->fd = -1;
}

static void write_lines(struct boot *boot)
{
    size_t used = boot->used;

    boot->used = 0;
    if (boot->fd >= 0 && used > 0 && !sv_write_all(boot->fd, boot->lines, used))
        give_up(boot);
}

static void add_line(struct boot *boot, int64_t at, enum sv_boot_event event,
                     const char *name)
{
    char line[SV_BOOT_LINE_MAX];
    size_t size = sv_boot_write(line, at / US, event, name);

    if (boot->used + size > sizeof boot->lines)
        write_lines(boot);
    if (boot->fd < 0 || boot->size + (off_t)size > SV_BOOT_SIZE_MAX)
        return;
    memcpy(boot->lines + boot->used, line, size);
    boot->used += size;
    boot->size += (off_t)size;
}

/* What was torn by a SIGKILL goes, so that the next line is not its end. */
static bool cut_torn(struct boot *boot, const char *text, size_t size)
{
    const char *newline = memrchr(text, '\n', size);

    boot->size = newline != NULL ? newline + 1 - text : 0;
    return boot->size == (off_t)size || ftruncate(boot->fd, boot->size) == 0;
}

static void learn(struct boot *boot, const struct sv_boot_line *line)
{
    struct service *service;

    if (line->event == SV_BOOT_TAKEN)
        boot->is_known = true;
    if (line->event == SV_BOOT_OVER)
        boot->is_over = true;
    if (line->name[0] == '\0')
        return;
    service = service_by_name(boot->engine, line->name);
    if (service != NULL)
        service->boot |= (uint8_t)(IS_PART | 1 << line->event);
}

/* What an svscan before us has written. */
static bool read_back(struct boot *boot)
{
    struct sv_boot_line line;
    struct stat st;

    if (fstat(boot->fd, &st) < 0)
        return false;
    if (st.st_size > SV_BOOT_SIZE_MAX) {
        errno = EFBIG;
        return false;
    }

    size_t size = (size_t)st.st_size;
    char *text = malloc(size + 1);
    bool ok = text != NULL && pread(boot->fd, text, size, 0) == (ssize_t)size
              && cut_torn(boot, text, size);
    const char *at = text;

    while (ok && sv_boot_read(&at, text + boot->size, &line))
        learn(boot, &line);
    free(text);
    return ok;
}

/* Of a tree of an svscan that wrote no such file, nothing is known. */
void boot_open(struct boot *boot, struct engine *engine, bool is_fresh)
{
    int flags = is_fresh ? O_CREAT | O_TRUNC : 0;

    boot->engine = engine;
    boot->fd = loop_fd(openat(engine->live, SV_TREE_BOOT,
                              O_RDWR | O_APPEND | O_CLOEXEC | flags, 0644));
    if (boot->fd < 0 && (is_fresh || errno != ENOENT))
        sv_warn_sys("unable to open " SV_TREE_BOOT
                    " (svctl chart will not know)");
    if (is_fresh)
        add_line(boot, sv_boottime(), SV_BOOT_TREE, NULL);
    write_lines(boot);
}

/* ---- services ------------------------------------------------------------ */

static bool is_up(const struct service *service)
{
    return service->state == STATE_UP || service->state == STATE_DONE;
}

/* It will not be up by itself. */
static bool has_failed(const struct service *service)
{
    return service->is_failed || service->is_failing || service->note_is_loop;
}

/* Once it was up, only the quick end of that first run counts: who ends later,
 * or was restarted by hand, is no matter of the boot. */
static bool fails(const struct service *service)
{
    bool has_died = service->deaths > 0 && service->want;

    if (service->boot & 1 << SV_BOOT_UP)
        return service->deaths == 1 && service->quick_deaths == 1;
    return has_failed(service) || has_died;
}

/* Of what never came to its exec, its record may say when that was tried. */
static int64_t time_of_failure(const struct service *service)
{
    if (!service->never_started)
        return service->stamped;
    return service->child->t0 != 0 ? service->child->t0 : sv_boottime();
}

static void add_once(struct boot *boot, struct service *service, int64_t at,
                     enum sv_boot_event event)
{
    /* A clock that was set does not bring it up before it was started. */
    if (at < service->started)
        at = service->started;
    if ((service->boot & 1 << event) == 0)
        add_line(boot, at, event, service->name);
    service->boot |= (uint8_t)(1 << event);
}

static void tell(struct boot *boot, struct service *service)
{
    if (!service->never_started)
        add_once(boot, service, service->started, SV_BOOT_START);
    if (is_up(service))
        add_once(boot, service,
                 service->ready ? sv_stamp_to_boottime(&service->ready_stamp)
                                : service->started,
                 SV_BOOT_UP);
    if (fails(service))
        add_once(boot, service, time_of_failure(service), SV_BOOT_FAIL);
}

static void count(struct boot *boot, struct service *service)
{
    bool is_awaited = (service->boot & 1 << SV_BOOT_UP) == 0 && service->want
                      && !service->note_is_wait && !has_failed(service)
                      && service->state != STATE_GONE;
    bool was_awaited = service->boot & IS_AWAITED;

    if (is_awaited == was_awaited)
        return;
    service->boot ^= IS_AWAITED;
    boot->awaited = is_awaited ? boot->awaited + 1 : boot->awaited - 1;
}

static bool is_wanted(const struct service *service)
{
    return service->want || !service->never_started || has_failed(service);
}

/* When it is over, there is still the service that ends at once. */
void boot_see(struct boot *boot, struct service *service)
{
    if (!boot->is_begun || boot->fd < 0)
        return;
    if (!boot->is_known && is_wanted(service))
        service->boot |= IS_PART;
    if ((service->boot & IS_PART) == 0)
        return;
    if (!boot->is_over || service->boot & 1 << SV_BOOT_UP)
        tell(boot, service);
    count(boot, service);
}

void boot_forget(struct boot *boot, struct service *service)
{
    if (service->boot & IS_AWAITED)
        boot->awaited--;
    service->boot = 0;
}

void boot_begin(struct boot *boot)
{
    if (boot->fd < 0)
        return;
    if (!read_back(boot)) {
        give_up(boot);
        return;
    }
    boot->is_begun = true;
    if (boot->size == 0)
        add_line(boot, sv_boottime(), SV_BOOT_TREE, NULL);
    for (struct service *service = boot->engine->first; service != NULL;
         service = service->next)
        boot_see(boot, service);
}

/* Who is part of it, and has no line yet, waits. */
static void close_list(struct boot *boot)
{
    const unsigned lines = (1 << SV_BOOT_TREE) - 1;

    for (struct service *service = boot->engine->first; service != NULL;
         service = service->next)
        if (service->boot & IS_PART && (service->boot & lines) == 0)
            add_once(boot, service, sv_boottime(), SV_BOOT_WAIT);
    add_line(boot, sv_boottime(), SV_BOOT_TAKEN, NULL);
    boot->is_known = true;
}

void boot_run(struct boot *boot, bool has_all)
{
    if (!boot->is_begun || boot->fd < 0)
        return;
    if (!boot->is_known && has_all)
        close_list(boot);
    if (boot->is_known && !boot->is_over && boot->awaited == 0
        && !boot->engine->is_stopping) {
        boot->is_over = true;
        add_line(boot, sv_boottime(), SV_BOOT_OVER, NULL);
    }
    write_lines(boot);
}
