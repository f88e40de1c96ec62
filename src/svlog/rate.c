/* SPDX-License-Identifier: ISC */
/* rate.c - the bucket, and what is said of what did not fit. */
#include <inttypes.h>
#include <stdio.h>

#include "sv/clock.h"
#include "svlog/rate.h"

static void fill(struct rate *rate, int64_t now)
{
    int64_t most = rate->burst * (SV_SECOND / rate->lines);

    if (!rate->at || now - rate->at >= most - rate->credit)
        rate->credit = most;
    else if (now > rate->at)
        rate->credit += now - rate->at;
    rate->at = now;
}

bool rate_admits(struct rate *rate, int64_t now)
{
    int64_t price;

    if (!rate->lines)
        return true;
    price = SV_SECOND / rate->lines;
    fill(rate, now);
    if (rate->credit >= price) {
        rate->credit -= price;
        return true;
    }
    if (!rate->dropped++)
        rate->since = now;
    return false;
}

int64_t rate_due(const struct rate *rate)
{
    return rate->dropped ? rate->since + SV_SECOND : 0;
}

size_t rate_notice(struct rate *rate, char buf[static RATE_NOTICE])
{
    int size = snprintf(buf, RATE_NOTICE,
                        "svlog: warning: dropped %" PRIu64 " lines",
                        rate->dropped);

    /* A logger that was killed may have left them to one without a limit. */
    if (rate->lines)
        size += snprintf(buf + size, RATE_NOTICE - (size_t)size,
                         ", more than %" PRIu32 " a second", rate->lines);

    rate->dropped = 0;
    return (size_t)size;
}
