# SPDX-License-Identifier: ISC
# shellcheck shell=sh
#
# init.sh - sourced after lib.sh by tests of init: the words for an init with a
# svscan of the test's own making beside it.

mkdir -p "$SCRATCH/bin"
cp "$(command -v init)" "$SCRATCH/bin/init" || fail "there is no init"

# svscan_is: makes svscan of a shell script, read from stdin, in which
#   say LETTER       sends a message to init (hold.h)
#   hear             waits for one from init, and prints its letter
#   note WORDS       adds a line to the file that noted reads
svscan_is() {
    {
        echo "#!/bin/sh"
        echo "SCRATCH='$SCRATCH'"
        cat <<'END'
say() { printf '\001%s%062d' "$1" 0 >&3; }
hear() { dd bs=64 count=1 2>"$SCRATCH/dd" <&3 | od -An -c -j1 -N1 | tr -d ' '; }
note() { echo "$*" >>"$SCRATCH/notes"; }
END
        cat
    } >"$SCRATCH/bin/svscan"
    chmod 755 "$SCRATCH/bin/svscan"
    : >"$SCRATCH/notes"
}

noted() { grep -qxF -e "$1" "$SCRATCH/notes"; }
noted_times() { [ "$(grep -cx -e "$2" "$SCRATCH/notes")" -ge "$1" ]; }

# guardian [-- PROGRAM...]: init -u; its pid is in INIT.
guardian() {
    env --default-signal=INT,QUIT,TERM "$SCRATCH/bin/init" -u -f "$DEFS" \
        "$LIVE" "$@" </dev/null >"$SCRATCH/console" 2>&1 &
    INIT=$!
}

# contained [-- PROGRAM...]: init as process 1 of namespaces of its own; INIT is
# its pid, SPACE that of the process above it, which ends as it does.
contained() {
    env --default-signal=INT,QUIT,TERM unshare --pid --fork --kill-child \
        --mount --mount-proc "$SCRATCH/bin/init" -f "$DEFS" "$LIVE" "$@" \
        </dev/null >"$SCRATCH/console" 2>&1 &
    SPACE=$!
    await 5 init_is_there
}

init_is_there() {
    INIT=$(pgrep -P "$SPACE" -x init) && [ -n "$INIT" ]
}

console_says() { grep -q "$1" "$SCRATCH/console"; }

# ends_with CODE PID: a child of the test.
ends_with() {
    wait "$2"
    ends_code=$?
    [ "$ends_code" = "$1" ] || {
        cat "$SCRATCH/console"
        fail "it ended with $ends_code instead of $1"
    }
}
