/* SPDX-License-Identifier: ISC */
/*
 * svscanctl.c - s6-svscanctl: commands to a scanner.
 */
#include <unistd.h>

#include "s6/control.h"
#include "s6/face.h"
#include "sv/paths.h"
#include "sv/say.h"

int s6_svscanctl(int argc, char *argv[])
{
    static const struct unheard codes = { SV_EXIT_USAGE, SV_EXIT_USAGE };
    struct letters letters = { 0 };

    for (int option; (option = getopt(argc, argv, "+zabhitqnN")) != -1;) {
        if (option == '?')
            face_usage();
        letters_add(&letters, (char)option, sizeof letters.bytes);
    }
    if (optind >= argc)
        face_usage();
    return letters_send(&letters, argv[optind], SV_TREE_CONTROL, SV_TREE_S6,
                        &codes);
}
