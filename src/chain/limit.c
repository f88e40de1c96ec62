/* SPDX-License-Identifier: ISC */
/* limit.c - resource limits. */
#include <string.h>

#include <skalibs/uint64.h>

#include "chain/limit.h"

static const struct {
    const char *name;
    int resource;
} limits[] = {
    { "as", RLIMIT_AS },           { "core", RLIMIT_CORE },
    { "cpu", RLIMIT_CPU },         { "data", RLIMIT_DATA },
    { "fsize", RLIMIT_FSIZE },     { "memlock", RLIMIT_MEMLOCK },
    { "msgqueue", RLIMIT_MSGQUEUE }, { "nice", RLIMIT_NICE },
    { "nofile", RLIMIT_NOFILE },   { "nproc", RLIMIT_NPROC },
    { "rss", RLIMIT_RSS },         { "rtprio", RLIMIT_RTPRIO },
    { "rttime", RLIMIT_RTTIME },   { "sigpending", RLIMIT_SIGPENDING },
    { "stack", RLIMIT_STACK },
};

int limit_named(const char *name)
{
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++)
        if (strcmp(limits[i].name, name) == 0)
            return limits[i].resource;
    return -1;
}

bool limit_scan(struct limit_value *value, const char *text, bool is_named)
{
    uint64_t number;

    value->is_hard = strcmp(text, "=") == 0;
    value->value = RLIM_INFINITY;
    if (value->is_hard || (is_named && strcmp(text, "unlimited") == 0))
        return true;
    if (uint640_scan(text, &number) == 0)
        return false;
    value->value = number;
    return true;
}

/* glibc's C interface has a type of its own for the resource, musl's has int. */
#ifdef __GLIBC__
#define RESOURCE(n) ((__rlimit_resource_t)(n))
#else
#define RESOURCE(n) (n)
#endif

bool limit_set(int resource, enum limit_which which,
               const struct limit_value *value)
{
    struct rlimit limit;

    if (getrlimit(RESOURCE(resource), &limit) < 0)
        return false;

    rlim_t wanted = value->is_hard ? limit.rlim_max : value->value;

    if (which != LIMIT_SOFT)
        limit.rlim_max = wanted;
    if (which != LIMIT_HARD)
        limit.rlim_cur = wanted;
    if (limit.rlim_cur > limit.rlim_max)
        limit.rlim_cur = limit.rlim_max;
    return setrlimit(RESOURCE(resource), &limit) == 0;
}
