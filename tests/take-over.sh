# SPDX-License-Identifier: ISC
# shellcheck shell=sh
#
# Services of every kind, for tests that kill svscan: define_all before the
# tree starts, reach_all until each is where it should be, remember_all, and
# after the take-over same_all.

ALL="steady1 steady2 steady3 steady4 steady5 steady6 logged logged/log chatty
chatty/log waiting said finishing paused stopped once failing ignoring never
private noted checked disk fs leaving broken needy vain grieved patient owed"

define_steady() {
    for name; do
        service "$name" <<END
echo >>"$SCRATCH/starts.$name"
exec sleep 1000
END
    done
}

define_all() {
    define_steady steady1 steady2 steady3 steady4 steady5 steady6 logged \
        waiting said finishing paused stopped once never private chatty
    service logged/log <<END
exec cat >>"$SCRATCH/log.logged"
END
    service chatty/log <<END
exec cat >>"$SCRATCH/log.chatty"
END
    file waiting notification-fd 3
    service said <<END
echo >>"$SCRATCH/starts.said"
echo >&5
exec sleep 1000
END
    file said notification-fd 5
    finish finishing <<END
exec sleep 1000
END
    file finishing timeout-finish 0
    file once down
    file never down
    define_steady failing
    echo '#!/no/such/interpreter' >"$DEFS/failing/run"
    service ignoring <<END
trap '' TERM
echo >>"$SCRATCH/starts.ignoring"
while :; do sleep 1000; done
END
    file ignoring timeout-kill 500000
    define_helpers
    define_oneshots
    define_needs
}

# One speaks to its notify-socket, one is asked by a check.
define_helpers() {
    define_say
    service noted <<END
echo >>"$SCRATCH/starts.noted"
"$SCRATCH/say" READY=1
exec sleep 1000
END
    file noted notify-socket
    define_steady checked
    check checked <<END
:
END
    file checked check-period 50
}

# Done; under way up, and down; failed.
define_oneshots() {
    for name in disk fs leaving broken; do
        file "$name" type oneshot
        cat >"$DEFS/$name/up" <<END
#!/bin/sh
echo >>"$SCRATCH/starts.$name"
case $name in
fs) exec sleep 1000 ;;
broken) exit 3 ;;
esac
END
        cat >"$DEFS/$name/down" <<END
#!/bin/sh
echo >>"$SCRATCH/starts.$name"
exec sleep 1000
END
        chmod 755 "$DEFS/$name/up" "$DEFS/$name/down"
    done
}

# needy has what it needs, vain and grieved never will, patient waits for a
# oneshot, and owed is to stop when ignoring has.
define_needs() {
    define_steady needy vain grieved patient owed
    depends needy disk
    depends needy noted
    depends vain nobody
    depends grieved broken
    depends patient fs
    depends patient checked
    depends ignoring owed
}

depends() {
    mkdir -p "$DEFS/$1/dependencies.d"
    : >"$DEFS/$1/dependencies.d/$2"
}

reach_all() {
    for name in logged logged/log chatty chatty/log waiting finishing paused \
        stopped ignoring private steady1 steady2 steady3 steady4 steady5 \
        steady6 fs; do
        await 20 is "$name" state up
    done
    await 20 is said ready yes
    await 20 lines "$SCRATCH/starts.ignoring" 1
    send once o
    await 20 is once state up
    send finishing r
    await 20 is finishing state finish
    send paused p
    await 20 is paused paused yes
    send stopped d
    await 20 is stopped state down
    send ignoring d
    await 20 is ignoring wants down
    reach_states
}

reach_states() {
    await 20 is needy state up
    await 20 is checked ready yes
    await 20 lines "$SCRATCH/starts.fs" 1
    ctl --no-wait stop leaving || fail "svctl stop leaving exited $?"
    await 20 lines "$SCRATCH/starts.leaving" 2
    await 20 says "vain: it is not started: needs nobody"
    await 20 says "grieved: it is not started: needs broken, which failed"
    ctl --no-wait stop owed || fail "svctl stop owed exited $?"
    is owed state up || fail "owed did not wait"
}

# Pid, exit status and flags of each, as the status file has them, and how many
# deaths its tally has: few processes for all, on whatever machine.
files_of_all() (
    cd "$LIVE" || exit
    # shellcheck disable=SC2086 # names
    set -- $ALL
    for name; do
        set -- "$@" "$name/supervise/status"
        shift
    done
    od -An -v -tx1 -w35 "$@" | cut -c 73-
    for name; do
        set -- "$@" "${name%/*}/death_tally"
        shift
    done
    stat -c '%n %s' "$@"
)

# What svctl has to say of them, where that does not change with time.
words_of_all() {
    # shellcheck disable=SC2086 # names
    ctl --json status $ALL | sed 's/[{,]/\n/g' |
        grep -E '"(name|state|ready|failed|unhealthy|note)": '
}

states_of_all() {
    files_of_all
    words_of_all
}

remember_all() {
    states_of_all >"$SCRATCH/before" 2>"$SCRATCH/answer"
    cat "$SCRATCH"/starts.* | wc -l >"$SCRATCH/starts"
}

same_all() {
    states_of_all >"$SCRATCH/after" 2>"$SCRATCH/answer"
    diff "$SCRATCH/before" "$SCRATCH/after" || return 1
    [ "$(cat "$SCRATCH"/starts.* | wc -l)" -eq "$(cat "$SCRATCH/starts")" ]
}

# A guardian above svscan; its pid is in INIT, svscan's in TREE.
start_guardian() {
    env --default-signal=INT,QUIT init -u -f "$DEFS" "$LIVE" \
        >>"$SCRATCH/svscan.log" 2>&1 </dev/null &
    INIT=$!
    TREE=
    await 20 another_tree
}

# There is a svscan below the guardian, and not the one of TREE.
another_tree() {
    another=$(pgrep -P "$INIT" -x svscan) && [ "$another" != "$TREE" ] ||
        return 1
    TREE=$another
}

# SIGKILL to svscan; the guardian starts it again.
kill_below_guardian() {
    kill -KILL "$TREE"
    await 20 another_tree
}
