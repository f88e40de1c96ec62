# SPDX-License-Identifier: ISC
# shellcheck shell=sh
#
# machine.sh - sourced after lib.sh by tests that need the image: the words for
# a machine (qemu), its serial console and its page, and for a container's root.

IMAGE=${SV_BIN%/bin}/image
export BUSYBOX="$SV_TOP/build/deps/busybox/busybox"
. "$SV_TOP/examples/mere-image/vm.sh"

[ -e "$IMAGE/vmlinuz" ] || skip "there is no image; make image"
: >"$SCRATCH/console"

# As lib.sh's, with what was on the console.
fail() {
    echo "--- the console:"
    console
    echo "fail: $*"
    exit 1
}

console() { tr -d '\r' <"$SCRATCH/console"; }
console_says() { console | grep -q "$1"; }
type_line() { printf '%s\n' "$*" >&3; }

# start_machine: boots, from the file DISK if that is set, and waits for the
# page and a prompt.
DISK=
start_machine() {
    PORT=$(free_port $((20000 + $(od -An -N2 -tu2 /dev/urandom) % 20000)))
    mkfifo "$SCRATCH/keys"
    exec 3<>"$SCRATCH/keys"
    (vm "$PORT" "$DISK") <"$SCRATCH/keys" >"$SCRATCH/console" 2>&1 &
    MACHINE=$!
    await 60 serves "$PORT"
    await 20 console_says '^mere:.*# '
}

machine_is_off() { ! kill -0 "$MACHINE" 2>"$SCRATCH/why"; }

# Ends it as its user would, at the console.
power_off() {
    type_line poweroff
    await 30 machine_is_off
    console_says 'reboot: Power down' || fail "the machine ended otherwise"
}

# unpack_root DIR: the root file system of a container.
unpack_root() {
    mkdir -p "$1"
    tar -xf "$IMAGE/rootfs.tar" -C "$1" ||
        fail "unable to unpack the root"
}
