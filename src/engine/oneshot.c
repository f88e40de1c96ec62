/* SPDX-License-Identifier: ISC */
/*
 * oneshot.c - up and down of a oneshot: their spawning, and what became of them.
 *
 * What a oneshot has come to must outlive us without a process to tell it, so
 * its record says it when nothing runs:
 *   IDLE, no role         it is idle: up is to run when it is wanted
 *   IDLE, role up         it is done: up never runs again until it was undone
 *   IDLE, failed          the script of that role failed: LATE, in its time; of,
 *                         it never came to its exec; wstat, else
 * Between a script's end and that the record says DEAD, with the script's role
 * and status, which leads to the same again.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "engine/act.h"
#include "engine/spawn.h"
#include "sv/at.h"
#include "sv/clock.h"
#include "sv/paths.h"
#include "sv/say.h"
#include "sv/service.h"
#include "sv/words.h"

enum { SCRIPT_KILL_MS = 3000 }; /* timeout-kill of a oneshot without one */

static const char *file_of(enum sv_child_role role)
{
    return role == SV_ROLE_DOWN ? SV_DOWN : SV_UP;
}

/* ---- what is to be executed ---------------------------------------------- */

struct script {
    const char *file;
    const char *program;
    const char *argv[4]; /* of a program, or of execlineb */
    const char *const *words;
};

/* Of the one script that is being spawned. */
static struct sv_words words;
static char program_path[SV_PATH_MAX];

/* s6-rc's users may begin a command line with the line that makes it a script
 * of execlineb's; that of another interpreter would be a comment, and the
 * script taken for one command. */
static bool is_for_another(const char *text, size_t size)
{
    const char *end = memchr(text, '\n', size);
    size_t line = end == NULL ? size : (size_t)(end - text);

    return line > 2 && memcmp(text, "#!", 2) == 0
           && memmem(text, line, "execlineb", strlen("execlineb")) == NULL;
}

static const char *plan_command_line(const struct service *service,
                                     struct script *script)
{
    char text[SV_VALUE_MAX + 1];
    ssize_t size = sv_at_read(service->base, service->dir, script->file, text,
                              sizeof text);
    const char *fault;

    if (size < 0)
        return strerror(errno);
    if (is_for_another(text, (size_t)size))
        return "begins with #!, but is not executable (chmod +x)";
    if (sv_words_program(program_path, "execlineb")) {
        script->argv[0] = "execlineb";
        script->argv[1] = "-P";
        script->argv[2] = script->file;
        script->program = program_path;
        return NULL;
    }
    fault = sv_words_split(&words, text, (size_t)size);
    if (fault != NULL)
        return fault;
    script->words = words.words;
    script->program = words.words[0];
    if (strchr(words.words[0], '/') != NULL)
        return NULL;
    script->program = program_path;
    return sv_words_program(program_path, words.words[0])
               ? NULL
               : "begins with the name of no program in PATH";
}

/* By the mode, since a file system may be mounted noexec.  Returns what is
 * wrong, in words; *absent: it is that there is no such file. */
static const char *plan_script(const struct service *service,
                               struct script *script, bool *absent)
{
    char path[SV_PATH_MAX];
    enum sv_program program;
    struct stat st;

    *absent = false;
    script->words = script->argv;
    memset(script->argv, 0, sizeof script->argv);
    if (fstatat(service->base, sv_at(path, service->dir, script->file), &st, 0)
        < 0) {
        *absent = errno == ENOENT;
        return strerror(errno);
    }
    program = sv_service_program(&st);
    if (program == SV_PROGRAM_INERT)
        return plan_command_line(service, script);
    if (program != SV_PROGRAM_FINE)
        return sv_program_fault(program);
    script->program = script->argv[0] =
        script->file[0] == 'u' ? "./" SV_UP : "./" SV_DOWN;
    script->argv[1] = service->name;
    return NULL;
}

/* ---- failures ------------------------------------------------------------ */

static void note_end(struct service *service, enum sv_child_role role, int wstat)
{
    char how[64];

    service_describe_end(wstat, how);
    service_note(service,
                 SV_STRINGS("./", file_of(role), " failed (", how, "): ",
                            role == SV_ROLE_UP
                                ? "it is tried again when it is started"
                                : "it is tried again when it is stopped"));
}

static void note_late(struct service *service, enum sv_child_role role)
{
    service_note(service,
                 SV_STRINGS("./", file_of(role), " timed out: timeout-",
                            file_of(role), " allows no more"));
}

static void note_no_spawn(struct service *service, enum sv_child_role role,
                          const char *why)
{
    service_note(service, SV_STRINGS("unable to run ./", file_of(role), ": ",
                                     why));
}

void service_recall_failure(struct service *service)
{
    const struct sv_child *child = service->child;
    enum sv_child_role role = sv_child_role(child);

    service->is_failed = true;
    if (child->of != 0)
        note_no_spawn(service, role, strerror(child->of));
    else if (sv_child_flags(child) & SV_CHILD_LATE)
        note_late(service, role);
    else
        note_end(service, role, sv_child_wstat(child));
}

/* The reason stays in the record. */
static void fail_spawn(struct service *service, enum sv_child_role role,
                       int error)
{
    service->is_failed = true;
    service->child->of = error;
    sv_child_become(service->child, SV_CHILD_VOID, role,
                    sv_child_flags(service->child) & SV_CHILD_LAST);
    service->follow = EVENT_SPAWN_FAILED;
    if (role == SV_ROLE_DOWN)
        service_fail_stop(service);
}

/* ---- starts -------------------------------------------------------------- */

void service_limit_script(struct service *service)
{
    bool is_down = sv_child_role(service->child) == SV_ROLE_DOWN;
    uint32_t ms =
        service_number(service, is_down ? SV_TIMEOUT_DOWN : SV_TIMEOUT_UP, 0);

    if (ms == 0 && is_down && service->engine->is_stopping)
        ms = service->engine->stop_kill_ms;
    if (ms > 0)
        service_arm(service, service->child->t0 + ms * SV_MS);
}

static void begin(struct service *service, bool is_up)
{
    service->ready = service->paused = service->stopping = false;
    service->adopted = false;
    service_stamp(service, sv_stamp_now());
    if (is_up) {
        service->started = service->child->t0;
        service->never_started = service->is_failed = false;
        if (!service->note_is_new)
            service_forget_note(service);
    }
    service_limit_script(service);
    service->follow = is_up ? EVENT_SPAWNED : EVENT_SPAWNED_DOWN;
}

/* Whoever takes over while it is undone is to know that it is done again. */
static unsigned script_flags(const struct service *service,
                             enum sv_child_role role)
{
    unsigned flags = sv_child_flags(service->child);

    return (service->state == STATE_LAST_SCRIPT ? SV_CHILD_LAST : 0u)
           | (role == SV_ROLE_DOWN ? flags & SV_CHILD_AGAIN : 0u);
}

static void start_script(struct service *service, enum sv_child_role role)
{
    struct script script = { .file = file_of(role) };
    bool absent;
    const char *fault = plan_script(service, &script, &absent);
    struct spawn plan = { .service = service,
                          .role = role,
                          .flags = script_flags(service, role),
                          .argv = script.words,
                          .program = script.program,
                          .hold_end = -1,
                          .notify_end = -1,
                          .notify_number = -1,
                          .stdio = { -1, -1, -1 } };

    if (absent && role == SV_ROLE_DOWN) {
        service->follow = EVENT_NO_SCRIPT;
    } else if (fault != NULL) {
        note_no_spawn(service, role, fault);
        fail_spawn(service, role, EINVAL);
    } else if (!service_spawn(&plan)) {
        int error = errno;

        note_no_spawn(service, role, strerror(error));
        fail_spawn(service, role, error);
    } else {
        begin(service, role == SV_ROLE_UP);
    }
}

void service_start_up(struct service *service)
{
    enum state state = service->state;

    service_prepare_start(service);
    if (service->state == state && service->follow == EVENTS)
        start_script(service, SV_ROLE_UP);
}

/* Where it was up that failed there is nothing to be undone. */
void service_start_down(struct service *service)
{
    if (service->state == STATE_FAILED
        && sv_child_role(service->child) != SV_ROLE_DOWN) {
        service->follow = EVENT_NO_SCRIPT;
        return;
    }
    service->note_is_new = false;
    start_script(service, SV_ROLE_DOWN);
}

/* ---- ends ---------------------------------------------------------------- */

/* To the whole group: what the script waits for is most often what takes its
 * time. */
void service_stop_script(struct service *service)
{
    unsigned flags = sv_child_flags(service->child);
    uint32_t ms = service_number(service, SV_TIMEOUT_KILL, SCRIPT_KILL_MS);

    flags |= flags & SV_CHILD_LATE ? 0 : SV_CHILD_TOLD;
    if (service->state == STATE_LAST_SCRIPT)
        flags |= SV_CHILD_LAST;
    sv_child_become(service->child, sv_child_state(service->child),
                    sv_child_role(service->child), flags);
    service_send_group(service,
                       service_signal(service, SV_DOWN_SIGNAL, SIGTERM));
    service_send_group(service, SIGCONT);
    service->paused = false;
    service->stopping = true;
    if (ms == 0 && service->engine->is_stopping)
        ms = service->engine->stop_kill_ms;
    if (ms > 0)
        service_arm_in(service, ms);
    else
        service_disarm(service);
}

void service_script_is_late(struct service *service)
{
    struct sv_child *child = service->child;

    sv_child_become(child, sv_child_state(child), sv_child_role(child),
                    sv_child_flags(child) | SV_CHILD_LATE);
    service_happen(service, EVENT_TIMED_OUT);
}

void service_script_died(struct service *service, int wstat, int64_t died)
{
    const struct sv_child *child = service->child;
    enum sv_child_role role = sv_child_role(child);
    unsigned flags = sv_child_flags(child);
    bool is_late = flags & SV_CHILD_LATE;

    service->wstat = (uint16_t)wstat;
    service_stamp(service, sv_stamp_of(died));
    service->ready = false;
    if (wstat == 0 && !is_late) {
        service_happen(service, EVENT_WORKED);
    } else if (role == SV_ROLE_UP && flags & SV_CHILD_TOLD) {
        service_happen(service, EVENT_CUT_SHORT);
    } else {
        service_recall_failure(service);
        if (role == SV_ROLE_DOWN)
            service_fail_stop(service);
        service_happen(service, EVENT_BROKE);
    }
}

/* ---- at rest ------------------------------------------------------------- */

void service_go_on(struct service *service)
{
    bool is_stopping = service->engine->is_stopping;

    if (service->state == STATE_IDLE) {
        service->is_failed = false;
        service_forget_note(service);
    }
    if (service->state == STATE_DONE && !service->want
        && !service->stops_later)
        service->follow = EVENT_STOP_DUE;
    else if (service->state == STATE_IDLE && service->want && !is_stopping
             && !(service_is_replaced(service) && service_must_wait(service)))
        service->follow = EVENT_START_DUE;
}

void service_settle_oneshot(struct service *service)
{
    struct sv_child *child = service->child;

    if (service_is_running(service))
        return;
    if (service->state == STATE_IDLE)
        sv_child_become(child, SV_CHILD_IDLE, SV_ROLE_NONE, 0);
    else if (service->state == STATE_DONE)
        sv_child_become(child, SV_CHILD_IDLE, SV_ROLE_UP,
                        sv_child_flags(child) & SV_CHILD_ORDERS);
    else if (service->state == STATE_FAILED)
        sv_child_become(child, SV_CHILD_IDLE, sv_child_role(child),
                        (sv_child_flags(child) & SV_CHILD_LATE)
                            | SV_CHILD_FAILED);
}
