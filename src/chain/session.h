/* SPDX-License-Identifier: ISC */
/*
 * session.h - sessions, process groups and their terminal.
 *
 * Source: setsid(2), tcsetpgrp(3); contract 11.1, s6-setsid.
 */
#ifndef CHAIN_SESSION_H
#define CHAIN_SESSION_H

enum session_kind {
    SESSION_NEW,
    SESSION_BACKGROUND, /* a process group in this session */
    SESSION_FOREGROUND, /* ... that asks for the terminal, and may be stopped */
    SESSION_GRAB,       /* ... that takes the terminal */
};

/* Makes this process the leader of a session or group.  The terminal is
 * descriptor tty, or /dev/tty where that is -1.  NULL if all is done, else the
 * words for what could not be done, with errno set. */
const char *session_enter(enum session_kind kind, int tty);

#endif
