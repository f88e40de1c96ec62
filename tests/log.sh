# SPDX-License-Identifier: ISC
# shellcheck shell=sh
#
# More words, for tests of svlog: a logger that reads a fifo which the test
# holds open, as svscan does, and writes with `>&8'.

LOG=$SCRATCH/log
LOGGER=

# start_logger PROGRAM [ARGUMENT...]: its pid is in LOGGER.
start_logger() {
    [ -p "$SCRATCH/pipe" ] || mkfifo "$SCRATCH/pipe"
    exec 8<>"$SCRATCH/pipe"
    "$@" <"$SCRATCH/pipe" 8>&- 2>>"$SCRATCH/said" &
    LOGGER=$!
}

# Lets it come to the end of its input; returns its exit code.
end_logger() {
    exec 8>&-
    wait "$LOGGER"
}

# All that was logged, oldest first.
logged() {
    for logged_file in "$LOG"/@* "$LOG/current"; do
        [ ! -f "$logged_file" ] || cat "$logged_file"
    done
}

# logged_is TEXT: for await.
logged_is() {
    [ "$(logged)" = "$1" ]
}

# has_logged PATTERN: for await.
has_logged() {
    logged | grep -q "$1"
}

# archives KIND: how many there are of that kind: .s, .u, or . for both.
archives() {
    find "$LOG" -name "@*$1*" | wc -l
}

# The permissions of a file of the logdir, in octal.
mode_of() {
    stat -c %a "$LOG/$1"
}

# is_equal VALUE WANTED WHAT: fails the test if they differ.
is_equal() {
    [ "$1" = "$2" ] || fail "$3 is $1, not $2"
}
