# SPDX-License-Identifier: ISC
# shellcheck shell=sh
#
# Words for tests of oneshots.

# oneshot NAME: a definition whose up is a shell script, from stdin.
oneshot() {
    mkdir -p "$DEFS/$1"
    echo oneshot >"$DEFS/$1/type"
    script up "$1"
}

# down NAME: what undoes it.
down() {
    mkdir -p "$DEFS/$1"
    script down "$1"
}

script() {
    {
        echo '#!/bin/sh'
        cat
    } >"$DEFS/$2/.$1"
    chmod 755 "$DEFS/$2/.$1"
    mv "$DEFS/$2/.$1" "$DEFS/$2/$1"
}

# The word that svctl has for it.
state() {
    ctl --json status "$1" | sed -n 's/.*"state": "\([a-z]*\)".*/\1/p'
}

is_done() {
    [ "$(state "$1")" = "done" ]
}

is_idle() {
    [ "$(state "$1")" = down ] && ! is_failed "$1"
}

is_failed() {
    ctl --json status "$1" | grep -q '"failed": true'
}
