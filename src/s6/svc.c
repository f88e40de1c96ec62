/* SPDX-License-Identifier: ISC */
/*
 * svc.c - s6-svc: commands to supervisors.
 *
 * Where s6 turns itself into s6-svlisten or s6-svwait to wait for what it has
 * asked for, this waits by itself, under their names in messages: nothing has
 * to be found by PATH, and no process is started.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "s6/control.h"
#include "s6/face.h"
#include "s6/wait.h"
#include "sv/at.h"
#include "sv/command.h"
#include "sv/say.h"
#include "sv/service.h"

/* s6's limit: its buffer has room for a dash and a NUL, too. */
enum { LETTERS_MAX = 62 };

enum { EXIT_NOBODY = 102 };

struct request {
    struct letters letters;
    struct waiting waiting;
    char awaited; /* the letter of -w, or NUL */
};

/* getopt's: each letter of the table, and w, T and s. */
static const char *options(void)
{
    static char text[64] = "+w:T:s:";
    size_t used = strlen(text);

    for (size_t i = 0; i < sv_commands_count; i++)
        text[used++] = sv_commands[i].letter;
    return text;
}

static char letter_of_signal(const char *name)
{
    int number = sv_signal_number(name);
    const struct sv_command *command = sv_command_by_signal(number);

    if (number == 0)
        sv_die(SV_EXIT_USAGE, "invalid signal: ", name);
    if (command == NULL)
        sv_die(SV_EXIT_USAGE, name,
               " is not in the list of user-available signals");
    return command->letter;
}

static void take_option(struct request *request, int option)
{
    switch (option) {
    case 'w':
        if (!sv_goal_of(optarg[0], &request->waiting.goal))
            face_usage();
        request->awaited = optarg[0];
        break;
    case 'T':
        if (!waiting_until(&request->waiting, optarg))
            face_usage();
        break;
    case 's':
        letters_add(&request->letters, letter_of_signal(optarg), LETTERS_MAX);
        break;
    case '?':
        face_usage();
    default:
        letters_add(&request->letters, (char)option, LETTERS_MAX);
    }
}

/* Who announces nothing will never be ready: up must do. */
static void mind_readiness(struct request *request, const char *dir)
{
    struct sv_goal *goal = &request->waiting.goal;
    char file[SV_PATH_MAX];

    if (!goal->is_up || !goal->is_ready)
        return;
    sv_at(file, dir, SV_NOTIFICATION_FD);
    if (faccessat(AT_FDCWD, file, F_OK, 0) == 0)
        return;
    if (errno != ENOENT)
        sv_die_sys("unable to access ", file);
    sv_warn(file, " not present - ignoring request for readiness notification");
    goal->is_ready = false;
}

/* Sends to all; the code of the last that failed. */
static int send_all(const struct request *request, char *const dirs[])
{
    static const struct unheard codes = { EXIT_NOBODY, SV_EXIT_NO };
    int worst = SV_EXIT_OK;

    for (; *dirs != NULL; dirs++) {
        int code = letters_send(&request->letters, *dirs, SV_CONTROL,
                                SV_SUPERVISE, &codes);

        if (code != SV_EXIT_OK)
            worst = code;
    }
    return worst;
}

/* What could not be sent is said, but waited for all the same: the service may
 * get there without us. */
static int send_and_wait(struct request *request, char *const dirs[],
                         size_t count)
{
    const char *self = sv_program;
    const char *waiter = request->letters.size ? "s6-svlisten" : "s6-svwait";
    struct sv_wait wait;

    request->waiting.goal.is_over_first =
        request->waiting.goal.is_down_first && request->letters.size > 0;
    sv_program = waiter;
    waiting_begin(&request->waiting, &wait, dirs, count);
    sv_program = self;
    if (request->letters.size > 0)
        send_all(request, dirs);
    sv_program = waiter;
    return waiting_code(waiting_end(&request->waiting, &wait));
}

int s6_svc(int argc, char *argv[])
{
    struct request request = { .waiting.deadline = INT64_MAX };
    const char *known = options();

    for (int option; (option = getopt(argc, argv, known)) != -1;)
        take_option(&request, option);
    if (optind >= argc)
        face_usage();

    char **dirs = argv + optind;

    for (int i = optind; i < argc; i++)
        if (*argv[i] == '\0')
            sv_die(SV_EXIT_USAGE, "invalid service path");
    if (request.awaited == '\0')
        return send_all(&request, dirs);
    mind_readiness(&request, dirs[0]);
    return send_and_wait(&request, dirs, (size_t)(argc - optind));
}
