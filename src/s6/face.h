/* SPDX-License-Identifier: ISC */
/*
 * face.h - s6's commands by their own names, in one program.
 *
 * A face parses the options of the command whose name it bears, asks libsv (or
 * src/chain, for what changes the process) to do the work, and prints and
 * exits as s6 does.  It holds no logic of its own.  s6-svscan, s6-supervise
 * and s6-log are not here: they are links to svscan, supervise and svlog.
 */
#ifndef S6_FACE_H
#define S6_FACE_H

struct face {
    const char *name;
    int (*run)(int argc, char *argv[]); /* main()'s; argv[0] is the name */
    const char *usage;                  /* what follows the name */
    const char *does;                   /* one line for people */
};

extern const struct face faces[];
extern const unsigned int faces_count;

/* Says how the face that runs is used, and exits 100. */
_Noreturn void face_usage(void);

/* Faces, one list (main.c has their table). */
int s6_applyuidgid(int argc, char *argv[]);
int s6_cleanfifodir(int argc, char *argv[]);
int s6_envdir(int argc, char *argv[]);
int s6_envuidgid(int argc, char *argv[]);
int s6_fghack(int argc, char *argv[]);
int s6_ftrig_listen(int argc, char *argv[]);
int s6_ftrig_listen1(int argc, char *argv[]);
int s6_ftrig_notify(int argc, char *argv[]);
int s6_ftrig_wait(int argc, char *argv[]);
int s6_instance_control(int argc, char *argv[]);
int s6_instance_create(int argc, char *argv[]);
int s6_instance_delete(int argc, char *argv[]);
int s6_instance_list(int argc, char *argv[]);
int s6_instance_maker(int argc, char *argv[]);
int s6_instance_status(int argc, char *argv[]);
int s6_mkfifodir(int argc, char *argv[]);
int s6_notifyoncheck(int argc, char *argv[]);
int s6_permafailon(int argc, char *argv[]);
int s6_setlock(int argc, char *argv[]);
int s6_setsid(int argc, char *argv[]);
int s6_setuidgid(int argc, char *argv[]);
int s6_softlimit(int argc, char *argv[]);
int s6_svc(int argc, char *argv[]);
int s6_svdt(int argc, char *argv[]);
int s6_svdt_clear(int argc, char *argv[]);
int s6_svlisten(int argc, char *argv[]);
int s6_svlisten1(int argc, char *argv[]);
int s6_svok(int argc, char *argv[]);
int s6_svlink(int argc, char *argv[]);
int s6_svunlink(int argc, char *argv[]);
int s6_svperms(int argc, char *argv[]);
int s6_svscanctl(int argc, char *argv[]);
int s6_svstat(int argc, char *argv[]);
int s6_svwait(int argc, char *argv[]);
int s6_tai64n(int argc, char *argv[]);
int s6_tai64nlocal(int argc, char *argv[]);

#endif
