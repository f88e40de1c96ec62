# SPDX-License-Identifier: ISC
# shellcheck shell=sh
#
# Runs a conformance case in all its ways and judges what was seen; sourced by
# tests/conformance.sh when no way is chosen yet.  Leaves SCRATCH/table, the
# rows of the case: a line for the case, and one for each listed difference.
set -u

for command in s6-svscan s6-supervise s6-svc s6-log execlineb; do
    command -v "$command" >"$SCRATCH/found" || {
        echo "skip: there is no $command to compare with"
        exit 77
    }
done

head_of() { sed -n "1,12s/^# $1: *//p" "$0"; }

ways=$(head_of ways)
ways=${ways:-s6 tree alone clients both}
case " $ways " in
*" s6 "*) ;;
*) echo "fail: a case without s6 compares nothing" && exit 1 ;;
esac

# All ways at once.  A shell would have background jobs ignore INT and QUIT.
for way in $ways; do
    mkdir "$SCRATCH/$way"
    WAY=$way env --default-signal=INT,QUIT "$0" \
        >"$SCRATCH/$way/log" 2>&1 &
    echo $! >"$SCRATCH/$way/pid"
done

bad=0
for way in $ways; do
    wait "$(cat "$SCRATCH/$way/pid")"
    status=$?
    if [ "$status" = 77 ]; then
        sed -n 's/^skip: /skip: /p' "$SCRATCH/$way/log"
        exit 77
    elif [ "$status" != 0 ]; then
        echo "--- way $way ended with $status:"
        cat "$SCRATCH/$way/log"
        bad=1
    fi
done

# The value of FACT in FILE; status 1 if there is none.
value() {
    awk -F '\t' -v fact="$1" '$1 == fact { print $2; found = 1; exit }
        END { exit !found }' "$2"
}

# What is said of FACT by differs in way $2: "PATTERN TAB REASON".
listed() {
    awk -F '\t' -v fact="$1" '$1 == fact { print $2 "\t" $3; exit }' \
        "$SCRATCH/$2/listed"
}

# Does VALUE match the shell pattern?
matches() {
    # shellcheck disable=SC2254 # a pattern is meant
    case $1 in
    $2) ;;
    *) return 1 ;;
    esac
}

wrong() {
    echo "fail: $*"
    bad=1
}

# judge WAY FACT: against what s6 showed.
judge() {
    judge_real=$(value "$2" "$SCRATCH/s6/observed") ||
        { wrong "$2: seen in way $1 only" && return; }
    judge_ours=$(value "$2" "$SCRATCH/$1/observed") ||
        { wrong "$2: not seen in way $1" && return; }
    judge_listed=$(listed "$2" "$1")
    judge_pattern=${judge_listed%%	*}
    if [ -z "$judge_listed" ]; then
        [ "$judge_ours" = "$judge_real" ] || wrong "$2: s6 has" \
            "'$judge_real', way $1 has '$judge_ours'"
    elif ! matches "$judge_ours" "$judge_pattern"; then
        wrong "$2: way $1 has '$judge_ours', not '$judge_pattern'"
    elif matches "$judge_real" "$judge_pattern"; then
        wrong "$2: listed as a difference in way $1, but s6 has it as well"
    else
        printf '%s\t%s\t%s\t%s\t%s\n' "$2" "$judge_real" "$judge_ours" \
            "${judge_listed#*	}" "$1" >>"$SCRATCH/differences"
    fi
}

: >"$SCRATCH/differences"
: >"$SCRATCH/facts"
for way in $ways; do
    cut -f 1 "$SCRATCH/$way/observed"
done | sort -u >"$SCRATCH/facts"
[ -s "$SCRATCH/facts" ] || wrong "nothing was observed"
while read -r fact; do
    for way in $ways; do
        [ "$way" = s6 ] || judge "$way" "$fact"
    done
done <"$SCRATCH/facts"

# The s6 that is installed is as it is known to be.
while IFS='	' read -r fact pattern; do
    real=$(value "$fact" "$SCRATCH/s6/observed") || real='(nothing)'
    matches "$real" "$pattern" ||
        wrong "$fact: s6 has '$real', which is not '$pattern'"
done <"$SCRATCH/s6/expected"

# A reason that no way needed is a mistake in the case.
for way in $ways; do
    cut -f 1 "$SCRATCH/$way/listed" | while read -r fact; do
        grep -qxF -e "$fact" "$SCRATCH/facts" || echo "$fact"
    done
done | sort -u >"$SCRATCH/unseen"
while read -r fact; do
    wrong "$fact: listed as a difference, never observed"
done <"$SCRATCH/unseen"

# The table: the case, how many facts in how many ways, and the differences,
# those that several ways share once.
{
    printf '%s\t%s\t%s\n' "${0##*/}" "$(sed -n '2s/^# *//p' "$0")" \
        "$(wc -l <"$SCRATCH/facts") facts, $(echo "$ways" | wc -w) ways: $(
            [ -s "$SCRATCH/differences" ] && echo listed || echo same)"
    awk -F '\t' '!seen[$1, $2, $3, $4]++ {
        printf "\t%s: s6 %s; ours %s: %s\n", $1, $2, $3, $4 }' \
        "$SCRATCH/differences"
} >"$SCRATCH/table"
cat "$SCRATCH/table"
[ "$bad" = 0 ]
