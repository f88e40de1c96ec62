/* SPDX-License-Identifier: ISC */
/* lag.c - finds a logger's logdir, and reads there how far it has been sent. */
#include <fcntl.h>
#include <unistd.h>

#include "sv/at.h"
#include "sv/clock.h"
#include "svctl/lag.h"
#include "svctl/logdir.h"
#include "svctl/rows.h"

static bool read_lag(int dir, struct lag *lag)
{
    int64_t since;

    if (!sv_ship_read(dir, &lag->ship) ||
        !sv_ship_lag(dir, &lag->ship, &lag->bytes, &since))
        return false;
    lag->seconds =
        since == INT64_MIN ? -1 : (sv_realtime() - since) / SV_SECOND;
    return true;
}

bool lag_of(const char *live, const struct sv_wire_row *row, struct lag *lag)
{
    char service[SV_PATH_MAX];
    char path[SV_PATH_MAX];
    bool found;
    int dir;

    if (!name_is_logger(row->name))
        return false;
    if (!logdir_find((pid_t)row->pid, sv_at(service, live, row->name), path))
        return false;
    dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (dir < 0)
        return false;
    found = read_lag(dir, lag);
    close(dir);
    return found;
}
