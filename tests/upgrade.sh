# SPDX-License-Identifier: ISC
# shellcheck shell=sh
#
# Programs of the test's own, which it can replace as a package manager does:
# sourced after lib.sh.

mkdir -p "$SCRATCH/bin"
PATH=$SCRATCH/bin:$PATH

# own PROGRAM...: copies, found before the others.
own() {
    for own_name; do
        own_path=$(command -v "$own_name") || fail "there is no $own_name"
        cp "$own_path" "$SCRATCH/bin/$own_name.real"
        cp "$own_path" "$SCRATCH/bin/$own_name"
    done
}

# replace PROGRAM: by what comes on stdin, by a rename.
replace() {
    cat >"$SCRATCH/bin/.new"
    chmod 755 "$SCRATCH/bin/.new"
    mv "$SCRATCH/bin/.new" "$SCRATCH/bin/$1"
}

# The version that PROGRAM says, and what a later one would.
version_of() {
    version=$("$SCRATCH/bin/$1" --version)
    echo "${version##* }"
}

later() { echo "9${1#?}"; }

# newer PROGRAM: the same program of a later version, in its place.
newer() {
    newer_old=$(version_of "$1")
    LC_ALL=C sed "s/$(echo "$newer_old" | sed 's/\./\\./g')/$(
        later "$newer_old")/g" "$SCRATCH/bin/$1.real" | replace "$1"
    [ "$(version_of "$1")" = "$(later "$newer_old")" ] ||
        fail "there is no newer $1"
}

# upgrades FROM TO: svctl upgrade says so.
upgrades() {
    ctl upgrade >"$SCRATCH/upgrade" 2>&1 || fail "$(cat "$SCRATCH/upgrade")"
    grep -q "^svscan $1 -> $2" "$SCRATCH/upgrade" ||
        fail "svctl said $(cat "$SCRATCH/upgrade")"
}

# The same of init.
upgrades_init() {
    ctl upgrade init >"$SCRATCH/upgrade" 2>&1 || fail "$(cat "$SCRATCH/upgrade")"
    grep -q "^init $1 -> $2" "$SCRATCH/upgrade" ||
        fail "svctl said $(cat "$SCRATCH/upgrade")"
}

# refused WHAT WORDS...: svctl upgrade WHAT is told no, in these words, and exits
# 1.
refused() {
    refused_what=$1
    shift
    ctl upgrade "$refused_what" >"$SCRATCH/upgrade" 2>&1
    refused_code=$?
    [ $refused_code = 1 ] ||
        fail "svctl exited $refused_code: $(cat "$SCRATCH/upgrade")"
    grep -q -e "$*" "$SCRATCH/upgrade" ||
        fail "svctl said $(cat "$SCRATCH/upgrade")"
}
