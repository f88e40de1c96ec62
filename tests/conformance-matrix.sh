# SPDX-License-Identifier: ISC
# shellcheck shell=sh
#
# Every control letter in one situation, a service a letter, all at once.  A
# case says how its services come into the situation and what the letters do:
#
#   arrive() { ... }            brings service $1 there; sup has been called
#   cell LETTERS SEEN [SEEN]    what each does in s6, and what in ours where
#                               the s6 that is installed is older
#   matrix
#
# SEEN is events, flags (Paused, Finishing, wanted Up, Ready), the signals that
# were caught, and whether there is a down file: "dD --UR - no".  After x in
# the events nothing is looked at, since a scanner starts again what has left.

NEWER="2.13.0 to 2.15.1: new letters"

# A letter's service: names that differ by case alone are no good to read.
cell_name() {
    case $1 in
    [A-Z]) echo "big-$1" ;;
    *) echo "small-$1" ;;
    esac
}

cell() {
    for letter in $1; do
        echo "$letter" >>"$SCRATCH/letters"
        expect "$letter" "$2"
        [ -z "${3-}" ] || differs tree "$letter" "$3" "$NEWER"
    done
}

# LATE is an event of the arrival that may still be heard.
LATE=

seen_of() {
    case $(events "$1") in
    *x*) events "$1" | sed 's/x.*/x/' && return ;;
    esac
    # shellcheck disable=SC2005 # one line of words is made
    echo "$(events "$1" | sed "s/^$LATE//" | grep . || echo -)" \
        "$(flags "$1")" "$(caught "$1" | grep . || echo -)" \
        "$(whether test -e "$LIVE/$1/down")"
}

matrix() {
    while read -r letter; do
        prepare "$(cell_name "$letter")"
    done <"$SCRATCH/letters"
    while read -r letter; do
        sup "$(cell_name "$letter")"
    done <"$SCRATCH/letters"
    while read -r letter; do
        arrive "$(cell_name "$letter")"
        listen "$(cell_name "$letter")"
        : >>"$SCRATCH/$(cell_name "$letter").signals"
    done <"$SCRATCH/letters"
    while read -r letter; do
        send "$(cell_name "$letter")" "$letter"
    done <"$SCRATCH/letters"
    let_it_happen 2
    while read -r letter; do
        observe "$letter" "$(seen_of "$(cell_name "$letter")")"
    done <"$SCRATCH/letters"
}
