# SPDX-License-Identifier: ISC
# shellcheck shell=sh
#
# What s6-rc does to a scan directory, step by step with s6's clients, as
# contract 13.3 to 13.5 has it; sourced after tests/conformance.sh.  service
# and file write to a database, DEFS; RC is s6-rc's live directory; services
# appear in LIVE as rc-NAME.

DEFS=$SCRATCH/db
RC=$SCRATCH/rc
mkdir -p "$DEFS"

# Makes a live directory with the servicedirs of the database.
rc_live() {
    mkdir -p "$SCRATCH/rc:$1/servicedirs"
    ln -s "rc:$1" "$RC.new"
}

# What s6-rc-init and s6-rc-update do for each new service: NAME, or NAME/log.
rc_prepare() {
    : >"$1/down"
    s6-mkfifodir -f -g "$(id -g)" "$1/event"
}

# The name is not looked at before it is renamed.
rc_stage() {
    ln -s "$RC/servicedirs/$1" "$LIVE/.rc-$1"
}

rc_link() {
    rc_stage "$1"
    mv -T "$LIVE/.rc-$1" "$LIVE/rc-$1"
}

# rc_init NAME...: its exit code is that of waiting for each supervisor.
rc_init() {
    rc_live 1
    mv -T "$RC.new" "$RC"
    for name; do
        cp -a "$DEFS/$name" "$RC/servicedirs/$name"
        rc_prepare "$RC/servicedirs/$name"
    done
    rc_scan "$@"
}

# Links these, scans, and waits until each has said s.  It listens first: the
# scanner may be scanning anyhow.
rc_scan() {
    for name; do
        rc_stage "$name"
        set -- "$@" " $RC/servicedirs/$name/event" " s"
        shift
    done
    s6-ftrig-listen -a -t 30000 "$@" "" "$SCRATCH/appear" "$LIVE"
}

cat >"$SCRATCH/appear" <<'END'
#!/bin/sh
for link in "$1"/.rc-*; do
    mv -T "$link" "$1/${link##*/.}" || exit
done
exec s6-svscanctl -a "$1"
END
chmod 755 "$SCRATCH/appear"

rc_up() {
    how=-uwu
    [ ! -e "$RC/servicedirs/$1/notification-fd" ] || how=-uwU
    s6-svc "$how" -T 30000 -- "$RC/servicedirs/$1" &&
        rm -f "$RC/servicedirs/$1/down"
}

rc_down() {
    s6-svc -dwD -T 30000 -- "$RC/servicedirs/$1" &&
        : >"$RC/servicedirs/$1/down"
}

# rc_update NAME...: moves these to a new live directory, with what the database
# has of them now.
rc_update() {
    old=$(readlink -f "$RC")
    rc_live 2
    for name; do
        rc_move "$old/servicedirs/$name" "$SCRATCH/rc:2/servicedirs/$name"
    done
    mv -T "$RC.new" "$RC"
    for name; do rc_link "$name"; done
    s6-svscanctl -an "$LIVE"
}

# What is not the service's own is replaced file by file, by rename; while this
# goes on, a death is followed by no start.
rc_move() {
    rc_wants=$(s6-svstat -o wantedup "$1")
    s6-svc -Q "$1"
    mv -T "$1" "$2"
    for rc_file in run finish notification-fd timeout-kill down-signal; do
        rm -f "$2/$rc_file"
        [ ! -e "$DEFS/$name/$rc_file" ] || {
            cp -a "$DEFS/$name/$rc_file" "$2/.new"
            mv "$2/.new" "$2/$rc_file"
        }
    done
    [ "$rc_wants" = false ] || s6-svc -U "$2"
}
