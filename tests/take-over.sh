# SPDX-License-Identifier: ISC
# shellcheck shell=sh
#
# Services of every kind, for tests that kill svscan: define_all before the
# tree starts, reach_all until each is where it should be, remember_all, and
# after the take-over same_all.

ALL="steady1 steady2 steady3 steady4 steady5 steady6 logged logged/log chatty
chatty/log waiting said finishing paused stopped once failing ignoring never
private"

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
}

reach_all() {
    for name in logged logged/log chatty chatty/log waiting finishing paused \
        stopped ignoring private steady1 steady2 steady3 steady4 steady5 \
        steady6; do
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
}

state_of() {
    for state_field in state pid wants ready paused wstat; do
        printf '%s ' "$(status_of "$1" $state_field)"
    done
    stat -c %s "$LIVE/$1/supervise/death_tally" 2>"$SCRATCH/answer" || echo 0
}

remember_all() {
    for name in $ALL; do
        state_of "$name"
    done >"$SCRATCH/before"
    cat "$SCRATCH"/starts.* | wc -l >"$SCRATCH/starts"
}

same_all() {
    for name in $ALL; do
        state_of "$name"
    done >"$SCRATCH/after"
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
