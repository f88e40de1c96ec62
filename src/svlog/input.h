/* SPDX-License-Identifier: ISC */
/*
 * input.h - standard input, and the window of it that is worked on.
 *
 *   standard input --take--> in-flight file --fill--> window --> lines
 *
 * A pipe or a regular file is taken by a call that moves bytes in the kernel
 * (splice, sendfile), so that what a killed svlog has taken is in the in-flight
 * file.  From a terminal or a socket, or where the file system of the logdir
 * cannot do that, bytes pass through our memory, and a SIGKILL between the read
 * and the write of them loses them.  A script without a logdir has no in-flight
 * file: bytes go straight to the window.
 *
 * No flag of standard input is changed: others may hold it too.  A pipe is made
 * larger.
 */
#ifndef SVLOG_INPUT_H
#define SVLOG_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "svlog/find.h"
#include "svlog/inflight.h"

enum { WINDOW = 256 * 1024 };

enum source { SOURCE_PIPE, SOURCE_FILE, SOURCE_OTHER };

enum taken {
    TAKEN_SOME,
    TAKEN_NOTHING, /* there was nothing to take, now */
    TAKEN_LAST,    /* there will be nothing any more */
    TAKEN_FAILED,  /* the in-flight file did not take it; errno says why */
};

struct input {
    int fd;
    enum source source;
    bool has_ended;
    struct inflight inflight; /* fd -1: none */
    uint64_t total;           /* bytes taken so far */
    size_t held;              /* bytes in the window */
    size_t passing;           /* bytes that were read, not yet in the file */
    char window[WINDOW + COPY_SLACK]; /* the first bytes of those in flight, and
                                         what copy_over() reads after them; the
                                         first of which script_select() may
                                         write to */
    char passage[WINDOW];
};

/* Starts on descriptor fd, without an in-flight file.  False with errno set if
 * it is not open, or a directory. */
bool input_open(struct input *input, int fd);

/* Makes a pipe larger: a roomier one lets the writer go on while a batch is
 * worked, and makes the batches larger, which halves what a line costs in a
 * flood.  If the system says no, so be it. */
void input_make_roomy(const struct input *input);

/* Takes at most size bytes; says how that went.  To be called when poll() says
 * that there is something. */
enum taken input_take(struct input *input, size_t size);

/* Can bytes be moved past the in-flight file, into another one, in such a way
 * that a kill loses none?  Only while nothing else is on its way. */
bool input_can_go_straight(const struct input *input);

/* As input_take, but moves the bytes to where the file stands, and adds their
 * count to *moved.  TAKEN_FAILED: that file did not take them. */
enum taken input_take_straight(struct input *input, int file, size_t size,
                               uint64_t *moved);

/* May more be taken?  False when so much is waiting to be worked that the
 * writer has to wait as well. */
bool input_has_room(const struct input *input);

/* Fills the window from the in-flight file; false with errno set. */
bool input_fill(struct input *input);

/* Is all that has been taken in the window? */
bool input_is_in_window(const struct input *input);

/* Forgets the first size bytes of the window: they have been worked. */
void input_drop(struct input *input, size_t size);

/* Is the last byte that was taken inside a line?  column is how much of the
 * line at hand has left the window. */
bool input_is_inside_line(const struct input *input, uint64_t column);

/* Puts the in-flight file in order: see inflight_settle.  With all output
 * written only.  True without an in-flight file. */
bool input_settle(struct input *input);

#endif
