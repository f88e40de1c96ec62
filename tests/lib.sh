# SPDX-License-Identifier: ISC
# shellcheck shell=sh
#
# The words that behaviour tests are written in.  A test is an executable whose
# second line is a sentence that must be true:
#
#   #!/bin/sh
#   # A service that dies is started again.
#   # limit: 20                  (seconds; 60 where nothing is said)
#   # needs: root s6-svc         (root, kernel, busybox, or a command)
#   . "${0%/*}/../lib.sh"
#
#   service web <<END
#   exec sleep 1000
#   END
#   start_tree
#   await 5 is web state up
#   pass
#
# It is run by tests/run, which sets SV_TOP (the checkout), SV_BIN (the
# programs under test, first in PATH as well) and SCRATCH (an empty directory
# that is removed afterwards), and ends every process that the test leaves.
# What a function here needs to know of a service it reads from the service's
# files, not from svctl, so that either can be tested.

set -u
: "${SCRATCH:?is set by tests/run: make check T=behaviour/NAME}"

DEFS=$SCRATCH/defs
LIVE=$SCRATCH/live
TREE=
mkdir -p "$DEFS" "$LIVE"

# Ends the test, with what the tree had to say.
fail() {
    if [ -s "$SCRATCH/svscan.log" ]; then
        echo "--- svscan said:"
        cat "$SCRATCH/svscan.log"
    fi
    echo "fail: $*"
    exit 1
}

skip() {
    echo "skip: $*"
    exit 77
}

pass() {
    exit 0
}

# Hundredths of a second since the machine started.
clock() {
    read -r clock_now _ </proc/uptime
    echo "${clock_now%.*}${clock_now#*.}"
}

# await SECONDS COMMAND...: until it succeeds; fails the test if it never does.
await() {
    await_until=$(($(clock) + $1 * 100))
    await_seconds=$1
    shift
    until "$@"; do
        [ "$(clock)" -lt "$await_until" ] ||
            fail "after $await_seconds s still not: $*"
        sleep 0.02
    done
}

# service NAME: a definition whose run is a shell script, read from stdin.
# NAME/log makes the logger of NAME.  The script appears whole.
service() {
    mkdir -p "$DEFS/$1"
    {
        echo '#!/bin/sh'
        cat
    } >"$DEFS/$1/.run"
    chmod 755 "$DEFS/$1/.run"
    mv "$DEFS/$1/.run" "$DEFS/$1/run"
}

ctl() {
    svctl -r "$LIVE" "$@"
}

tree_answers() {
    kill -0 "$TREE" || fail "svscan ended before it answered"
    ctl status >"$SCRATCH/answer" 2>&1
    [ $? -le 1 ]
}

# start_tree [OPTION...]: svscan on DEFS and LIVE; its pid is in TREE.  The
# shell would have it, and every service, ignore SIGINT and SIGQUIT.
start_tree() {
    env --default-signal=INT,QUIT svscan -f "$DEFS" "$@" "$LIVE" \
        >>"$SCRATCH/svscan.log" 2>&1 </dev/null &
    TREE=$!
    await 10 tree_answers
}

# Asks svscan to stop everything, waits for it, and returns its exit code.
stop_tree() {
    kill -TERM "$TREE" || fail "svscan was gone before it was stopped"
    wait "$TREE"
}

# status_of NAME FIELD, from supervise/status:
#   state   up, finish or down       pid     0 for none
#   wants   up or down               wstat   as waitpid gives it
#   ready   yes or no                paused  yes or no
status_of() {
    # shellcheck disable=SC2046 # 35 numbers
    set -- "$2" $(od -An -v -tu1 -w35 "$LIVE/$1/supervise/status" \
        2>"$SCRATCH/answer")
    [ $# -eq 36 ] || return 1
    status_field=$1
    shift 25
    status_pid=$(($5 << 24 | $6 << 16 | $7 << 8 | $8))
    case $status_field in
    pid) echo "$status_pid" ;;
    wstat) echo $(($9 << 8 | ${10})) ;;
    paused) yes_or_no $((${11} & 1)) ;;
    wants) [ $((${11} & 4)) -ne 0 ] && echo up || echo down ;;
    ready) yes_or_no $((${11} & 8)) ;;
    state)
        if [ $((${11} & 2)) -ne 0 ]; then
            echo finish
        elif [ "$status_pid" -ne 0 ]; then
            echo up
        else
            echo down
        fi
        ;;
    *) fail "status_of: no such field: $status_field" ;;
    esac
}

yes_or_no() {
    if [ "$1" -ne 0 ]; then echo yes; else echo no; fi
}

pid_of() {
    status_of "$1" pid
}

# is NAME FIELD VALUE: for await.
is() {
    [ "$(status_of "$1" "$2")" = "$3" ]
}
