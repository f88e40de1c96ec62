# SPDX-License-Identifier: ISC
# shellcheck shell=sh
#
# The words that behaviour tests are written in.  A test is an executable whose
# second line is a sentence that must be true:
#
#   #!/bin/sh
#   # A service that dies is started again.
#   # limit: 300                 (seconds, on a fast machine, before it is
#                                ended; 120 where nothing is said)
#   # needs: root s6-svc         (root, kernel, busybox, image-dropbear,
#                                image-e2fsck, image-pacman, or a command)
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
# programs under test, first in PATH as well), SCRATCH (an empty directory that
# is removed afterwards) and SV_PATIENCE (by how much limits are multiplied), and
# ends every process that the test leaves.
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

# NOW becomes the hundredths of a second since the machine started.
NOW=
look_at_clock() {
    read -r clock_now _ </proc/uptime
    NOW=${clock_now%.*}${clock_now#*.}
}

# ... and prints them.
clock() {
    look_at_clock
    echo "$NOW"
}

# await SECONDS COMMAND...: until it succeeds; fails the test if it never does.
# It asks less often what takes longer: twenty tests that wait would keep a
# machine busy with nothing else.
await() {
    await_seconds=$(($1 * ${SV_PATIENCE:-1}))
    shift
    look_at_clock
    await_began=$NOW
    until "$@"; do
        look_at_clock
        [ "$NOW" -lt $((await_began + await_seconds * 100)) ] ||
            fail "after $await_seconds s still not: $*"
        case $((NOW - await_began)) in
        ?) sleep 0.02 ;;
        ??) sleep 0.05 ;;
        *) sleep 0.1 ;;
        esac
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

# start_tree [OPTION...]: svscan on DEFS and LIVE; its pid is in TREE.
start_tree() {
    launch -f "$DEFS" "$@" "$LIVE"
}

# The same for a tree whose definitions are in LIVE itself, as s6-svscan's are.
start_plain_tree() {
    launch "$@" "$LIVE"
}

# Commands and svctl are heard from when it says that it is ready.  The shell
# would have it, and every service, ignore SIGINT and SIGQUIT.
launch() {
    : >"$SCRATCH/ready"
    env --default-signal=INT,QUIT svscan -d 9 "$@" \
        9>"$SCRATCH/ready" >>"$SCRATCH/svscan.log" 2>&1 </dev/null &
    TREE=$!
    await 20 tree_is_ready
}

tree_is_ready() {
    kill -0 "$TREE" || fail "svscan ended before it was ready"
    [ -s "$SCRATCH/ready" ]
}

# SIGKILL to svscan, and waits until it is gone.
kill_tree() {
    kill -KILL "$TREE" || fail "svscan was gone before it was killed"
    wait "$TREE" 2>"$SCRATCH/answer"
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
#   over    yes or no: it is down, and finish is over (in the file, both that
#           and readiness are one bit)
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
    ready) yes_or_no $((${11} & 8 && status_pid)) ;;
    over) yes_or_no $((${11} & 8 && !status_pid)) ;;
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

# file NAME FILE TEXT...: a one-line file of a definition.
file() {
    mkdir -p "$DEFS/$1"
    file_name=$DEFS/$1/$2
    shift 2
    echo "$*" >"$file_name"
}

# finish NAME: its finish script, from stdin.
finish() {
    mkdir -p "$DEFS/$1"
    {
        echo '#!/bin/sh'
        cat
    } >"$DEFS/$1/finish"
    chmod 755 "$DEFS/$1/finish"
}

# send NAME LETTERS: commands in one write, as s6-svc sends them.  Waits for
# somebody who reads them.
send() {
    printf %s "$2" >"$LIVE/$1/supervise/control"
}

# Does anybody read the commands of NAME?  For await.
is_supervised() {
    dd of="$LIVE/$1/supervise/control" oflag=nonblock conv=nocreat,notrunc \
        count=0 if=/dev/null 2>"$SCRATCH/answer"
}

# listen NAME: from now on the events of NAME are appended to SCRATCH/NAME.events
# (a slash of NAME is a minus there).  NAME is a directory of LIVE already.
listen() {
    listen_dir=$LIVE/$1/event
    listen_name=ftrig1:@4000000000000000$(printf %08x "$(clock)"):ABcd_-
    mkdir -p "$listen_dir"
    mkfifo "$listen_dir/.$listen_name"
    exec 8<>"$listen_dir/.$listen_name"
    cat <&8 >>"$SCRATCH/$(echo "$1" | tr / -).events" 8<&- &
    exec 8<&-
    mv "$listen_dir/.$listen_name" "$listen_dir/$listen_name"
}

# heard NAME EVENTS: that is all it said since listen NAME, for await.
heard() {
    case $1 in
    */*) heard_in=$(echo "$1" | tr / -) ;;
    *) heard_in=$1 ;;
    esac
    heard_now=
    IFS= read -r heard_now <"$SCRATCH/$heard_in.events" || : # no line's end
    [ "$heard_now" = "$2" ]
}

# Is there such a process, and is it no zombie?
lives() {
    { read -r lives_state <"/proc/${1:-none}/stat"; } 2>"$SCRATCH/answer" ||
        return 1
    lives_state=${lives_state##*) }
    lives_state=${lives_state%% *}
    case $lives_state in
    '' | Z | X) return 1 ;;
    esac
}

ended() {
    ! lives "$1"
}

# lines FILE N: it has that many lines by now, or more.  For await.
lines() {
    [ -e "$1" ] && [ "$(wc -l <"$1")" -ge "$2" ]
}

# says TEXT: svscan's log has a line with it.  How often: count TEXT.
says() {
    grep -qF -e "$1" "$SCRATCH/svscan.log"
}

count() {
    grep -cF -e "$1" "$SCRATCH/svscan.log"
}

# Another definition comes up, and so whatever was asked before is done.
settle() {
    service "settled$1" <<END
exec sleep 1000
END
    await 10 is "settled$1" state up
}

# define_say: SCRATCH/say LINE... does what sd_notify(3) does, for services with a
# notify-socket.  It is perl, which every Debian has.
define_say() {
    cat >"$SCRATCH/say" <<'END'
#!/usr/bin/perl
# say LINE...: sends the lines to NOTIFY_SOCKET in one datagram.
use Socket;
my $path = $ENV{NOTIFY_SOCKET} or die "no NOTIFY_SOCKET";
socket(my $s, AF_UNIX, SOCK_DGRAM, 0) or die "socket: $!";
defined(send($s, join("\n", @ARGV), 0, pack_sockaddr_un($path)))
    or die "send: $!";
END
    chmod 755 "$SCRATCH/say"
}

# check NAME: its check script, from stdin.
check() {
    mkdir -p "$DEFS/$1"
    {
        echo '#!/bin/sh'
        cat
    } >"$DEFS/$1/check"
    chmod 755 "$DEFS/$1/check"
}
