/* SPDX-License-Identifier: ISC */
/*
 * control.c - what s6-svc and s6-svscanctl have in common: letters to a fifo.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>

#include "s6/control.h"
#include "sv/control.h"
#include "sv/say.h"

void letters_add(struct letters *letters, char letter, size_t max)
{
    if (letters->size >= max)
        sv_die(SV_EXIT_USAGE, "too many commands");
    letters->bytes[letters->size++] = letter;
}

int letters_send(const struct letters *letters, const char *dir,
                 const char *file, const char *sub,
                 const struct unheard *codes)
{
    signal(SIGPIPE, SIG_IGN);
    switch (sv_control_tell(AT_FDCWD, dir, file, letters->bytes,
                            letters->size)) {
    case SV_TOLD:
        return SV_EXIT_OK;
    case SV_TOLD_NOBODY:
        sv_say(SV_FATAL, 0,
               SV_STRINGS("unable to control ", dir,
                          ": supervisor not listening"));
        return codes->nobody;
    case SV_TOLD_BROKEN:
        sv_say(SV_FATAL, errno,
               SV_STRINGS("something is wrong with the ", dir, "/", sub,
                          " directory"));
        return codes->broken;
    case SV_TOLD_FAILED:
        break;
    }
    sv_say(SV_FATAL, errno, SV_STRINGS("unable to control ", dir));
    return SV_EXIT_SYSTEM;
}
