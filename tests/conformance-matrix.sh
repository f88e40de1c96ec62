# SPDX-License-Identifier: ISC
# shellcheck shell=sh
#
# Every control letter in one situation, a service a letter, all at once; and
# the signals to a supervisor, in the ways that have one.  A case says how its
# services come into the situation and what the letters do:
#
#   ARRIVED=su                  the events of the arrival, from the start on
#   arrive() { ... }            brings service $1 there; sup has been called
#   cell LETTERS SEEN [SEEN]    what each does in s6, and what in ours where
#                               the s6 that is installed is older
#   matrix
#
# SEEN is events, flags (Paused, Finishing, wanted Up, Ready), the signals that
# were caught, and whether there is a down file: "dD --UR - no".  After x in
# the events nothing is looked at but the exit code of a supervisor, since a
# scanner starts again what has left.
#
# What is known to come is awaited.  That nothing else came is proved by what
# comes after it: a letter that is obeyed, a signal that is caught.

NEWER="2.13.0 to 2.15.1: new letters"

# A letter's service: names that differ by case alone are no good to read.
cell_name() {
    case $1 in
    ??*) echo "signal-$1" ;;
    [A-Z]) echo "big-$1" ;;
    *) echo "small-$1" ;;
    esac
}

# A fact of s6's supervisors, of which svscan has none.
no_supervisor() {
    observe "$1" "(none)"
    differs scanner "$1" "(none)" "svscan has no supervisor for each service"
}

cell() {
    for letter in $1; do
        expect "$letter" "$2"
        case $letter in
        ??*) has_supervisor || { no_supervisor "$letter" && continue; } ;;
        esac
        cell_seen=$2
        if [ -n "${3-}" ]; then
            differs tree "$letter" "$3" "$NEWER"
            ! our_tree || cell_seen=$3
        fi
        printf '%s\t%s\n' "$letter" "$cell_seen" >>"$SCRATCH/cells"
    done
}

# Way copies has no directory to listen in before the start: of the arrival the
# last event may still be heard there, or no more.
from_the_start() { [ "$WAY" != copies ]; }

# What is polled begins few processes: two dozen services are looked at at once.

# EVENTS: those of $1 since the arrival; all if it was not heard as it should be.
look_at_events() {
    EVENTS=
    IFS= read -r EVENTS <"$SCRATCH/$1.events" || : # a line without an end
    if from_the_start; then
        EVENTS=${EVENTS#"$ARRIVED"}
    else
        EVENTS=${EVENTS#["$ARRIVED"]}
    fi
    EVENTS=${EVENTS:--}
}

# CAUGHT: the signals that $1 has got.
look_at_signals() {
    CAUGHT=
    while read -r signal; do
        [ "$signal" = PWR ] || CAUGHT="$CAUGHT $signal"
    done <"$SCRATCH/$1.signals"
    case $CAUGHT in
    ' '*' '*) CAUGHT=$(caught "$1") ;; # in order
    *) CAUGHT=${CAUGHT# } ;;
    esac
    CAUGHT=${CAUGHT:--}
}

# SEEN: all that a cell says of $1.
see() {
    look_at_events "$1"
    case $EVENTS in
    *x*) SEEN=${EVENTS%%x*}x && return ;;
    esac
    look_at_signals "$1"
    if [ -e "$LIVE/$1/down" ]; then see_down=yes; else see_down=no; fi
    SEEN="$EVENTS $(flags "$1") $CAUGHT $see_down"
}

# sees NAME SEEN: for await.
sees() {
    see "$1"
    [ "$SEEN" = "$2" ]
}

# wants NAME U: has it been noted that it is wanted up, or with -, down?
wants() {
    case $(flags "$1") in
    ??"$2"?) ;;
    *) return 1 ;;
    esac
}

# What was sent before has been obeyed: the wanted state goes there and back,
# which touches nothing else.
turn_and_return() {
    case $2 in
    "- "??U*) set -- "$1" o - u U ;;
    *) set -- "$1" u U o - ;;
    esac
    send "$1" "$2"
    await 20 wants "$1" "$3"
    send "$1" "$4"
    await 20 wants "$1" "$5"
}

# ... and what it has sent to the process has been caught: a shell looks at its
# signals in the order of their numbers, and this one is the last.
catch_up() {
    kill -PWR "$(cat "$SCRATCH/$1.pid")"
    await 20 grep -q PWR "$SCRATCH/$1.signals"
}

# settle NAME SEEN: nothing more comes of what was sent.
settle() {
    case $2 in
    "- "*) turn_and_return "$@" ;;
    esac
    case $2 in
    "- -"*) catch_up "$1" ;;
    esac
}

# leave_code NAME LETTER SEEN: what leaves does so with 0, in every way.
leave_code() {
    case $3 in
    *x) ;;
    *) return 0 ;;
    esac
    wait "$(cat "$SCRATCH/$1.supervisor")" ||
        fail "after $2 the supervisor of $1 ended with $?"
}

each_cell() {
    while IFS='	' read -r letter seen <&7; do
        "$1" "$(cell_name "$letter")" "$letter" "$seen"
    done 7<"$SCRATCH/cells"
}

come() {
    prepare "$1"
    : >>"$SCRATCH/$1.signals"
    ! from_the_start || listen "$1"
}

be_supervised() {
    sup "$1"
    echo "$SUP" >"$SCRATCH/$1.supervisor"
}

get_there() {
    arrive "$1"
    if from_the_start; then
        await 20 heard "$1" "$ARRIVED"
    else
        listen "$1"
    fi
}

command_it() {
    case $2 in
    ??*) kill -"$2" "$(cat "$SCRATCH/$1.supervisor")" ;;
    *) send "$1" "$2" ;;
    esac
}

look() {
    await 20 sees "$1" "$3"
    settle "$1" "$3"
    see "$1"
    observe "$2" "$SEEN"
    ! has_supervisor || leave_code "$@"
}

matrix() {
    each_cell come
    each_cell be_supervised
    each_cell get_there
    each_cell command_it
    each_cell look
}
