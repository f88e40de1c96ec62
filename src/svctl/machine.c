/* SPDX-License-Identifier: ISC */
/*
 * machine.c - the whole: rescan, and the end of the machine.
 *
 * poweroff, reboot and halt go over the socket to the init above svscan, never
 * to process 1 by number.  The commands of those names, and shutdown and
 * telinit, are links to svctl.
 */
#include <string.h>

#include "sv/hold.h"
#include "sv/say.h"
#include "svctl/ask.h"
#include "svctl/show.h"

struct rescan {
    struct json *json; /* NULL: lines for people */
    bool has_faults;
};

static void say_fault(void *context, const char *name, const char *reason)
{
    struct rescan *rescan = context;

    rescan->has_faults = true;
    sv_warn(name, ": ", reason);
    if (!rescan->json)
        return;
    json_open(rescan->json, NULL, '{');
    json_outcome(rescan->json, name, reason);
    json_close(rescan->json);
}

int verb_rescan(const struct call *call)
{
    struct rescan rescan = {0};
    const struct hearer hearer = {.context = &rescan, .fault = say_fault};
    struct tree *tree = tree_open(call, NO_TIMEOUT);

    if (call->json) {
        rescan.json = json_answer();
        json_open(rescan.json, "services", '[');
    }
    tree_begin(tree, SV_WIRE_RESCAN);
    tree_ask_surely(tree, &hearer, NULL);
    if (rescan.json)
        json_end(rescan.json);
    show_end();
    tree_close(tree);
    return rescan.has_faults ? SV_EXIT_NO : SV_EXIT_OK;
}

static void say_asked(enum sv_machine how)
{
    struct json *json = json_answer();

    json_text(json, "asked",
              how == SV_MACHINE_POWEROFF ? "poweroff"
              : how == SV_MACHINE_REBOOT ? "reboot"
                                         : "halt");
    json_end(json);
    show_end();
}

static int end_machine(const struct call *call, enum sv_machine how)
{
    const struct hearer hearer = {0};
    struct tree *tree = tree_open(call, NO_TIMEOUT);

    tree_begin(tree, SV_WIRE_MACHINE);
    sv_wire_put_u8(&tree->out, (uint8_t)how);
    tree_ask_surely(tree, &hearer, NULL);
    tree_close(tree);
    if (call->json)
        say_asked(how);
    return SV_EXIT_OK;
}

int verb_poweroff(const struct call *call)
{
    return end_machine(call, SV_MACHINE_POWEROFF);
}

int verb_reboot(const struct call *call)
{
    return end_machine(call, SV_MACHINE_REBOOT);
}

int verb_halt(const struct call *call)
{
    return end_machine(call, SV_MACHINE_HALT);
}

/* ---- by their old names ------------------------------------------------- */

static _Noreturn void die_of_shutdown(const char *word)
{
    sv_die(SV_EXIT_USAGE, "shutdown knows -h, -P, -H, -r and now, not ", word);
}

int called_shutdown(struct call *call)
{
    enum sv_machine how = SV_MACHINE_POWEROFF;
    bool is_now = false;

    for (char **word = call->args; *word; word++) {
        if (strcmp(*word, "-r") == 0)
            how = SV_MACHINE_REBOOT;
        else if (strcmp(*word, "-H") == 0)
            how = SV_MACHINE_HALT;
        else if (strcmp(*word, "now") == 0 || strcmp(*word, "+0") == 0)
            is_now = true;
        else if (strcmp(*word, "-h") != 0 && strcmp(*word, "-P") != 0)
            die_of_shutdown(*word);
    }
    if (!is_now)
        sv_die(SV_EXIT_USAGE, "shutdown can only be now: say shutdown -h now");
    return end_machine(call, how);
}

int called_telinit(struct call *call)
{
    const char *level = call->count == 1 ? call->args[0] : "";

    if (strcmp(level, "0") == 0)
        return end_machine(call, SV_MACHINE_POWEROFF);
    if (strcmp(level, "6") == 0)
        return end_machine(call, SV_MACHINE_REBOOT);
    sv_die(SV_EXIT_USAGE, "telinit knows 0 (poweroff) and 6 (reboot) only");
}
