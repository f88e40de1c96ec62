# SPDX-License-Identifier: ISC
# shellcheck shell=sh
#
# The words that conformance cases are written in.  A case is an executable of
# tests/conformance that runs the same steps in several ways, real s6 among
# them, and says what it sees; what is seen must be the same:
#
#   #!/bin/sh
#   # T13: finish is told how run ended
#   # ways: s6 tree alone clients both     (these five if nothing is said)
#   # limit: 20    # needs: root           (as for any test, see tests/lib.sh)
#   . "${0%/*}/../conformance.sh"
#
#   service web <<END
#   exit 3
#   END
#   finish web <<END
#   echo "\$1 \$2 \$3" >>"$SCRATCH/said"
#   END
#   sup web
#   await 10 lines "$SCRATCH/said" 1
#   observe words "$(head -n 1 "$SCRATCH/said")"
#   expect words "3 0 web"
#   pass
#
# The ways, named by what is ours:
#
#   s6       nothing: s6-supervise or s6-svscan, and s6's clients
#   tree     the tree: svscan on the scan directory, s6's clients
#   copies   the same with live copies: svscan -f $DEFS $LIVE, s6's clients
#   alone    the tree: supervise DIR, s6's clients
#   clients  the clients: s6's tree, our commands of s6's names
#   both     svscan, and our commands
#
# The case is run once a way, all at once, each with a SCRATCH, a LIVE (the
# scan directory, whose entries are the services) and a DEFS (LIVE itself but
# for copies) of its own; WAY says which.  PATH finds s6's commands, or ours.
#
# What of the words of tests/lib.sh is about a service's files works here.
# What was seen in way s6 is what the others must show, but for what the case
# lists with differs.  A listed difference that is none fails as well.

# In the driver: the ways of this case, and what each has seen.
if [ -z "${WAY-}" ]; then
    . "${0%/*}/../conformance-driver.sh"
    exit
fi

# A directory of its own, before tests/lib.sh makes things in it.
SCRATCH=$SCRATCH/$WAY
export SCRATCH
mkdir -p "$SCRATCH"
. "${0%/*}/../lib.sh"

[ "$WAY" = copies ] || DEFS=$LIVE
S6_PATH=$PATH
case $WAY in
clients | both) PATH=${SV_BIN%/bin}/s6:$PATH ;;
esac
for file in observed expected listed; do : >"$SCRATCH/$file"; done

# Is this a way with our tree, our scanner, our clients?
our_tree() { case $WAY in tree | copies | alone | both) ;; *) return 1 ;; esac; }
our_scanner() { case $WAY in tree | copies | both) ;; *) return 1 ;; esac; }
our_clients() { case $WAY in clients | both) ;; *) return 1 ;; esac; }

# Is there a process per service, as s6 has it?
has_supervisor() { ! our_scanner; }

one_line() {
    case $1 in
    *[![:print:]]*)
        printf %s "$1" | awk 'NR > 1 { printf " / " } { printf "%s", $0 }' |
            tr '\t' ' '
        ;;
    *) printf %s "$1" ;;
    esac
}

# observe FACT VALUE: what is seen in this way.  Newlines become " / ".
observe() {
    printf '%s\t%s\n' "$1" "$(one_line "$2")" >>"$SCRATCH/observed"
}

# expect FACT PATTERN: what s6 shows, by its documentation or our measurements;
# of any way, unless it is listed below.
expect() {
    printf '%s\t%s\n' "$1" "$(one_line "$2")" >>"$SCRATCH/expected"
}

# differs WHERE FACT PATTERN REASON: in our tree, scanner, supervise (WHERE is
# tree, scanner, alone) or clients FACT is otherwise than in the s6 that is
# installed: it matches PATTERN.  REASON begins with D1 to D13 for a defect of
# s6, with a version for what is newer than the one installed, else is ours.
differs() {
    case $1 in
    tree) our_tree || return 0 ;;
    scanner) our_scanner || return 0 ;;
    alone) [ "$WAY" = alone ] || return 0 ;;
    clients) our_clients || return 0 ;;
    ours) [ "$WAY" != s6 ] || return 0 ;;
    *) fail "differs: no such part: $1" ;;
    esac
    printf '%s\t%s\t%s\n' "$2" "$3" "$4" >>"$SCRATCH/listed"
}

# Runs a command of the tree, in LIVE, with its output in the log; STARTED_WITH
# has options of env for it.
in_live() {
    cd "$LIVE" || exit 1
    # shellcheck disable=SC2086 # words, or nothing
    exec env --default-signal=INT,QUIT ${STARTED_WITH-} PATH="$TREE_PATH" "$@" \
        >>"$SCRATCH/svscan.log" 2>&1 </dev/null
}

# A service of s6's tree finds s6's commands, one of way both ours.
TREE_PATH=$S6_PATH
[ "$WAY" != both ] || TREE_PATH=$PATH

# scanner [OPTION...]: starts s6-svscan, or svscan, on LIVE; its pid is in TREE.
# A case whose DEFS are for links only says in DEFINED what way copies defines.
# Commands are heard when it returns; the first scan may not be over.
scanner() {
    : >"$SCRATCH/ready"
    case $WAY in
    s6 | clients) set -- s6-svscan -d 9 "$@" "$LIVE" ;;
    copies) set -- svscan -d 9 -f "${DEFINED:-$DEFS}" "$@" "$LIVE" ;;
    tree | both) set -- svscan -d 9 "$@" "$LIVE" ;;
    alone) fail "way alone has no scanner: say which ways in the case" ;;
    esac
    in_live "$@" 9>"$SCRATCH/ready" &
    TREE=$!
    await 20 tree_is_ready
}

# Its process is SUP.
# shellcheck disable=SC2034 # cases use it
SUP=

# sup NAME: has NAME supervised, by a process of its own or by the scanner,
# whichever the way has; the process is SUP.  The events of its start may have
# been sent when this returns: listen first.  A scanner is started by the first
# of a case and takes all services up that are there by then.
sup() {
    sup_start "$1"
    await 20 is_supervised "$1"
    await 20 has_status "$1"
}

# Commands are heard before there is a status; who has subscribed reads it.
has_status() { [ -e "$LIVE/$1/supervise/status" ]; }

sup_start() {
    case $WAY in
    s6 | clients) in_live s6-supervise "$1" & SUP=$! ;;
    alone) in_live supervise "$1" & SUP=$! ;;
    *)
        [ -n "$TREE" ] || scanner
        # shellcheck disable=SC2034 # as above
        SUP=$TREE
        ;;
    esac
}

# The exit code of a supervisor that is expected to refuse NAME at once.  In
# the ways with a scanner there is none: for cases of s6, alone and clients.
refused() {
    has_supervisor || fail "no supervisor of its own in way $WAY"
    case $WAY in
    alone) set -- supervise "$@" ;;
    *) set -- s6-supervise "$@" ;;
    esac
    (in_live timeout 10 "$@")
    echo $?
}

# The exit code of a scanner with these arguments, which is expected to refuse.
scanner_refused() {
    case $WAY in
    s6 | clients) set -- s6-svscan "$@" ;;
    *) set -- svscan "$@" ;;
    esac
    (in_live timeout 10 "$@")
    echo $?
}

# beside NAME: the service becomes a directory of SCRATCH/beside, which is not
# scanned, so that links to it can be made in LIVE.
beside() {
    mkdir -p "$SCRATCH/beside"
    mv "$DEFS/$1" "$SCRATCH/beside/$1"
}

# appear NAME: a service that sleeps, in LIVE, whole from the first moment.
appear() {
    mkdir -p "$SCRATCH/coming/$1"
    printf '#!/bin/sh\nexec sleep 1000\n' >"$SCRATCH/coming/$1/run"
    chmod 755 "$SCRATCH/coming/$1/run"
    mv "$SCRATCH/coming/$1" "$LIVE/$1"
}

# subscribed DIRECTORY: listens anybody to the events of this service?  What
# listen has made does not count.  For await.
subscribed() {
    find "$1/event" -name 'ftrig1*' ! -name '*ABcd_-' | grep -q .
}

yes_if() {
    if "$@"; then echo yes; else echo no; fi
}

# The exit code of a command, whose output is in SCRATCH/output (stdout) and
# SCRATCH/errors.
code() {
    code_is=0
    "$@" >"$SCRATCH/output" 2>"$SCRATCH/errors" || code_is=$?
    echo "$code_is"
}

# ask FACT COMMAND...: observes the exit code and what stdout says, run in LIVE.
ask() {
    ask_fact=$1
    shift
    observe "$ask_fact" "$(cd "$LIVE" && code timeout 20 "$@" </dev/null) $(
        cat "$SCRATCH/output")"
}

# All events of NAME since listen.
events() {
    cat "$SCRATCH/$(echo "$1" | tr / -).events"
}

# heard_last NAME EVENTS: what it said ends with these, for await.
heard_last() {
    case $(events "$1") in
    *"$2") ;;
    *) return 1 ;;
    esac
}

# flags NAME: the last byte of its status: Paused, Finishing, wanted Up, Ready.
flags() {
    flags_byte=$(od -An -tu1 -j34 -N1 "$LIVE/$1/supervise/status")
    flags_are=
    for flag in 1P 2F 4U 8R; do
        if [ $((flags_byte & ${flag%?})) -ne 0 ]; then
            flags_are=$flags_are${flag#?}
        else
            flags_are=$flags_are-
        fi
    done
    echo "$flags_are"
}

# A run that sleeps.
sleeper() {
    service "$1" <<'END'
exec sleep 1000
END
}

# A client of s6 2.11 hears of a death and a start that come at once as of one
# event, and goes on waiting for a restart that has been.  After stumble NAME the
# next start of NAME ends at once and is followed by a pause, in which whoever
# listens hears of a death; then it stands.  stumbles NAME is how such a run
# begins.
stumbles() {
    echo "[ ! -e '$SCRATCH/$1.stumble' ] ||"
    echo "    { rm '$SCRATCH/$1.stumble'; exit; }"
    echo ": >'$SCRATCH/$1.stands'"
}

stumble() {
    rm -f "$SCRATCH/$1.stands"
    : >"$SCRATCH/$1.stumble"
}

stands() { [ -e "$SCRATCH/$1.stands" ]; }

# The text of a shell script that notes each signal in SCRATCH/$1.signals, its
# pid in SCRATCH/$1.pid, and goes on.
catches() {
    cat <<END
exec 3>>"$SCRATCH/$1.signals"
for signal in ABRT ALRM CONT HUP INT PWR QUIT TERM USR1 USR2 WINCH; do
    trap "echo \$signal >&3" "\$signal"
done
sleep 1000 3>&- &
sleeper=\$!
echo \$\$ >"$SCRATCH/$1.newpid"
mv "$SCRATCH/$1.newpid" "$SCRATCH/$1.pid"
while :; do
    wait "\$sleeper"
done
END
}

# catcher NAME: a run that notes its signals; it can be told from when caught
# NAME can be asked, and catching NAME says when that is.
catcher() {
    catches "$1" | service "$1"
}

catching() {
    [ -s "$SCRATCH/$1.pid" ]
}

# arrived NAME: waits until it is up and its supervisor has told so, whoever
# listens from now on does not hear of it: the supervisor obeys what comes after.
# It must be wanted up, and is afterwards.
arrived() {
    await 20 is "$1" state up
    send "$1" O
    await 20 is "$1" wants down
    send "$1" u
    await 20 is "$1" wants up
}

# The signals that NAME has got, in the order of the alphabet, but for PWR, by
# which a case knows that those before it have been caught.
caught() {
    sort "$SCRATCH/$1.signals" | grep -vx PWR | paste -sd ' ' -
}

# has_caught NAME SIGNALS: these and no others, for await.
has_caught() {
    [ "$(caught "$1")" = "$2" ]
}

# Is the process stopped?
stopped() {
    case $(sed -n 's/^.*) \(.\).*/\1/p' "/proc/$1/stat" \
        2>"$SCRATCH/answer") in
    T) ;;
    *) return 1 ;;
    esac
}

# yes or no, whether a command succeeds.
whether() {
    if "$@"; then echo yes; else echo no; fi
}

# at_least HUNDREDTHS SINCE UNTIL: have as many passed, by clock?
at_least() {
    [ $(($3 - $2)) -ge "$1" ]
}

# What must not happen has had the time to: no more than that, since a late
# event is missed, never invented.
let_it_happen() {
    sleep "${1:-0.4}"
}
