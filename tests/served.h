/* SPDX-License-Identifier: ISC */
/*
 * served.h - for one test that plays svscan's socket: the engine's services by
 * their names, as far as svscan/serve.c and its kind ask for them.
 */
#ifndef TESTS_SERVED_H
#define TESTS_SERVED_H

#include <string.h>

#include "svscan/serve.h"

/* As engine.h has it. */
struct service *service_by_name(const struct engine *of, const char *name)
{
    struct service *service = of->first;

    while (service && strcmp(service->name, name) != 0)
        service = service->next;
    return service;
}

#endif
