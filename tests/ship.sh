# SPDX-License-Identifier: ISC
# shellcheck shell=sh
#
# More words, for tests of svlog ship: a collector, which python3 plays, and a
# shipper of the logdir LOG.

# shellcheck disable=SC2034 # tests use them
COLLECTOR=
SHIPPER=
GOT=$SCRATCH/got
: >"$GOT"

# start_collector KIND ADDRESS [BYTES]: its pid is in COLLECTOR, and where it is
# to be found, as svlog ship has it, in TO.
start_collector() {
    : >"$SCRATCH/where"
    python3 "$SV_TOP/tests/collector" "$1" "$2" "$GOT" ${3+"$3"} \
        >"$SCRATCH/where" 2>>"$SCRATCH/said" &
    # shellcheck disable=SC2034
    COLLECTOR=$!
    await 20 test -s "$SCRATCH/where"
    case $1 in
    unix*) TO=$1:$2 ;;
    *) TO=$1:127.0.0.1:$(sed 's/port //' "$SCRATCH/where") ;;
    esac
}

# end_pid PID SIGNAL: and waits until it is gone; its exit code.
end_pid() {
    kill -s "$2" "$1" || fail "$1 was gone before it was told to end"
    wait "$1" 2>>"$SCRATCH/waited"
}

# start_shipper [OPTION...]: to TO; its pid is in SHIPPER.
start_shipper() {
    : >"$SCRATCH/ready"
    svlog ship -d 7 "$@" "$LOG" "$TO" 7>"$SCRATCH/ready" \
        2>>"$SCRATCH/said" &
    # shellcheck disable=SC2034
    SHIPPER=$!
    await 20 test -s "$SCRATCH/ready"
}

# write_lines FROM TO [DIRECTIVE...]: these numbers, to the logdir.
write_lines() {
    lines_from=$1
    lines_to=$2
    shift 2
    seq -f '%.0f is the number of a line' "$lines_from" "$lines_to" |
        svlog "$@" "$LOG" || fail "svlog ended with $?"
}

# What svlog ship says of itself: state_of NAME.
state_of() {
    sed -n "s/^$1 //p" "$LOG/.ship"
}

# has_got LINE: for await.
has_got() {
    grep -qxF -e "$1" "$GOT"
}

# has_sent N: so many lines, and knows it; for await.
has_sent() {
    [ "$(state_of lines)" = "$1" ]
}

# got_all FROM TO: each of these numbers came.
got_all() {
    seq "$1" "$2" >"$SCRATCH/wanted"
    sed -n 's/^\([0-9]*\) is the number of a line$/\1/p' "$GOT" |
        sort -n -u >"$SCRATCH/numbers"
    cmp "$SCRATCH/wanted" "$SCRATCH/numbers" || fail "lines are missing"
}

# How many lines came more often than once, or again.
got_twice() {
    sort "$GOT" | uniq -d | wc -l
}
