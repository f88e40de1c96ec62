/* SPDX-License-Identifier: ISC */
/*
 * main.c - one program with many names: the table, and who is meant.
 */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "s6/face.h"
#include "sv/say.h"

/* In the order of the alphabet.  make reads the names from here: one line each,
 * with the name first. */
const struct face faces[] = {
    { "s6-applyuidgid", s6_applyuidgid,
      "[-z] [-u uid] [-g gid] [-G gidlist] [-U] prog...",
      "prog with these ids" },
    { "s6-cleanfifodir", s6_cleanfifodir, "fifodir",
      "removes fifos that nobody reads" },
    { "s6-envdir", s6_envdir,
      "[-I | -i] [-n] [-f] [-L] [-c nullis] dir prog...",
      "prog with variables from files" },
    { "s6-envuidgid", s6_envuidgid,
      "[-i | -D uid:gid:gidlist] [-u | -g | -B] [-n] account prog...",
      "prog, told the ids of an account" },
    { "s6-fghack", s6_fghack, "prog...",
      "prog, waited for though it goes into the background" },
    { "s6-ftrig-listen", s6_ftrig_listen,
      "[-a | -o] [-t ms] fifodir regex ... \"\" prog...",
      "listens, starts prog, then waits for events" },
    { "s6-ftrig-listen1", s6_ftrig_listen1, "[-t ms] fifodir regex prog...",
      "the same for one fifodir" },
    { "s6-ftrig-notify", s6_ftrig_notify, "fifodir message",
      "sends events to who listens" },
    { "s6-ftrig-wait", s6_ftrig_wait, "[-t ms] fifodir regex",
      "waits for events" },
    { "s6-instance-control", s6_instance_control,
      "[options of s6-svc] service name", "commands to an instance" },
    { "s6-instance-create", s6_instance_create,
      "[-d | -D] [-f] [-P] [-t ms] service name", "makes an instance" },
    { "s6-instance-delete", s6_instance_delete, "[-X] [-t ms] service name",
      "ends and removes an instance" },
    { "s6-instance-list", s6_instance_list, "service",
      "the names of the instances" },
    { "s6-instance-maker", s6_instance_maker,
      "[-c max] [-u user] [-l loguser] [-L logdir] [-t stamp] [-n files] "
      "[-s size] [-S total] [-P prefix] [-r service[/logger[/pipeline]]] "
      "template dir",
      "writes a service that can have instances" },
    { "s6-instance-status", s6_instance_status,
      "[options of s6-svstat] service name", "the state of an instance" },
    { "s6-mkfifodir", s6_mkfifodir, "[-f] [-g gid] fifodir",
      "makes a directory for events" },
    { "s6-notifyoncheck", s6_notifyoncheck,
      "[-d] [-3 fd] [-s ms] [-T ms] [-t ms] [-w ms] [-n tries] "
      "[-c cmdline] prog...",
      "prog, asked by a check until it is ready" },
    { "s6-permafailon", s6_permafailon, "seconds count causes prog...",
      "in finish: fails for good after so many deaths" },
    { "s6-setlock", s6_setlock,
      "[-r | -w] [-n | -N | -t ms] [-d fd] lockfile prog...",
      "prog with a lock" },
    { "s6-setsid", s6_setsid,
      "[-s | -b | -f | -g] [-i | -I | -q] [-d ctty] prog...",
      "prog as the leader of a session" },
    { "s6-setuidgid", s6_setuidgid, "username prog...",
      "prog as a user" },
    { "s6-softlimit", s6_softlimit,
      "[-H | -h] [-acdflmopPrst limit]... prog...",
      "prog with resource limits" },
    { "s6-svc", s6_svc,
      "[-wu|-wU|-wd|-wD|-wr|-wR] [-T ms] [-s signal] "
      "[-abqhkti12pcyrlPCKoduDUxOQ] servicedir...",
      "commands to supervisors" },
    { "s6-svdt", s6_svdt, "[-S | -s] [-n max] servicedir",
      "the deaths of a service" },
    { "s6-svdt-clear", s6_svdt_clear, "servicedir", "forgets them" },
    { "s6-svlisten", s6_svlisten,
      "[-u | -U | -d | -D | -r | -R] [-a | -o] [-t ms] servicedir... \"\" "
      "prog...",
      "listens, starts prog, then waits" },
    { "s6-svlisten1", s6_svlisten1,
      "[-u | -U | -d | -D | -r | -R] [-t ms] servicedir prog...",
      "the same for one service" },
    { "s6-svok", s6_svok, "servicedir", "is it supervised?" },
    { "s6-svlink", s6_svlink,
      "[-d | -D] [-f] [-P] [-t ms] scandir servicedir [name]",
      "links a service into a scan directory" },
    { "s6-svunlink", s6_svunlink, "[-X] [-t ms] scandir name",
      "removes the link again" },
    { "s6-svperms", s6_svperms,
      "[-v] [-u | -g group | -G group | -o | -O group] [-e | -E group] "
      "servicedir...",
      "who may see, command and hear a service" },
    { "s6-svscanctl", s6_svscanctl, "[-zabhitqnN] scandir",
      "commands to a scanner" },
    { "s6-svstat", s6_svstat,
      "[-uwNrpgest | -o field,...] [-n] servicedir",
      "the state of a service" },
    { "s6-svwait", s6_svwait,
      "[-u | -U | -d | -D | -r | -R] [-a | -o] [-t ms] servicedir...",
      "waits until services are up, or down" },
    { "s6-tai64n", s6_tai64n, "", "lines with a label of the time" },
    { "s6-tai64nlocal", s6_tai64nlocal, "[-g]", "labels as dates" },
};
const unsigned int faces_count = sizeof faces / sizeof faces[0];

static const struct face *current;

void face_usage(void)
{
    char text[SV_SAY_MAX];

    snprintf(text, sizeof text, "%s %s", current->name, current->usage);
    sv_die_usage(text);
}

static const struct face *find(const char *name)
{
    for (unsigned int i = 0; i < faces_count; i++)
        if (strcmp(faces[i].name, name) == 0)
            return &faces[i];
    return NULL;
}

static int list(void)
{
    printf("usage: sv-s6 NAME [ARGUMENT...], or a link of that name to it\n"
           "s6's commands: each does what s6's of the same name does.\n\n");
    for (unsigned int i = 0; i < faces_count; i++)
        printf("  %-20s %s\n", faces[i].name, faces[i].does);
    printf("\nEach answers --help and --version.  See s6-compat(7).\n");
    return fflush(stdout) == 0 ? SV_EXIT_OK : SV_EXIT_SYSTEM;
}

static int answer(const char *word)
{
    if (strcmp(word, "--version") == 0)
        printf("%s (mere-init " SV_VERSION ")\n", sv_program);
    else
        printf("usage: %s %s\n%s\n\nSee s6-compat(7).\n", current->name,
               current->usage, current->does);
    return fflush(stdout) == 0 ? SV_EXIT_OK : SV_EXIT_SYSTEM;
}

static bool asks(const char *word)
{
    return strcmp(word, "--help") == 0 || strcmp(word, "--version") == 0;
}

int main(int argc, char *argv[])
{
    static const struct face self = { .name = "sv-s6",
                                      .usage = "name [argument...]",
                                      .does = "s6's commands" };

    sv_program = "sv-s6";
    current = &self;
    if (argc > 0 && strcmp(sv_called(argv[0]), sv_program) == 0) {
        if (argc == 2 && strcmp(argv[1], "--help") == 0)
            return list();
        if (argc == 2 && strcmp(argv[1], "--version") == 0)
            return answer(argv[1]);
        argc--;
        argv++;
    }
    if (argc < 1)
        face_usage();

    const struct face *face = find(sv_called(argv[0]));

    if (face == NULL)
        sv_die(SV_EXIT_USAGE, "no such command: ", argv[0],
               " (sv-s6 --help lists them)");
    current = face;
    sv_program = face->name;
    if (argc == 2 && asks(argv[1]))
        return answer(argv[1]);
    opterr = 0; /* a face says how it is used */
    return face->run(argc, argv);
}
