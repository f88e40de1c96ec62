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

# add_to_image DIR: the initramfs holds what is below DIR as well; once a test.
add_to_image() {
    mkdir -p "$SCRATCH/image"
    (cd "$1" && find . | cpio --quiet -o -H newc -R 0:0 | gzip -n) |
        cat "$IMAGE/initramfs.cpio.gz" - >"$SCRATCH/image/initramfs.cpio.gz"
    ln -s "$IMAGE/vmlinuz" "$SCRATCH/image/vmlinuz"
    IMAGE=$SCRATCH/image
}

# boot_machine: boots, from the file DISK if that is set.
DISK=
boot_machine() {
    PORT=$(free_port $((20000 + $(od -An -N2 -tu2 /dev/urandom) % 20000)))
    rm -f "$SCRATCH/keys"
    mkfifo "$SCRATCH/keys"
    exec 3<>"$SCRATCH/keys"
    (vm "$PORT" "$DISK") <"$SCRATCH/keys" >"$SCRATCH/console" 2>&1 &
    MACHINE=$!
}

# start_machine: the same, and waits for the page and a prompt, which begins with
# NAME.
NAME=mere
start_machine() {
    boot_machine
    await 150 serves "$PORT"
    await 150 console_says "^$NAME:.*# "
}

# guest SECONDS COMMAND: what root types, which must end with 0 by then.
asked=0
guest() {
    asked=$((asked + 1))
    guest_seconds=$1
    shift
    type_line "$*; echo an\"\"swer $asked \$?"
    await "$guest_seconds" console_says "^answer $asked [0-9]"
    console_says "^answer $asked 0\$" || fail "in the machine: $*"
}

# monitor LINE...: what is typed at qemu itself.
monitor() {
    printf '\001c' >&3
    printf '%s\n' "$@" >&3
    printf '\001c' >&3
}

machine_is_off() { ! kill -0 "$MACHINE" 2>"$SCRATCH/why"; }

# powers_off: what it has been asked to.
powers_off() {
    await 30 machine_is_off
    console_says 'reboot: Power down' || fail "the machine ended otherwise"
}

# Ends it as its user would, at the console.
power_off() {
    type_line poweroff
    powers_off
}

# time_stop: powers off; how long that took by the guest's clock is in TOOK then,
# in milliseconds.
TOOK=
time_stop() {
    type_line 'echo st""op >/dev/kmsg; dmesg | grep "[]] stop$"; poweroff'
    await 60 machine_is_off
    console_says 'reboot: Power down' || fail "the machine ended otherwise"
    TOOK=$(console | awk '
        { sub(/^.*\[ */, ""); sub(/\]/, "") }
        $2 == "stop" && NF == 2 { begin = $1 }
        /reboot: Power down/ { end = $1 }
        END { if (begin && end) printf "%d\n", (end - begin) * 1000 }')
    [ -n "$TOOK" ] || fail "the console does not say how long it took"
}

# unpack_root DIR: the root file system of a container.
unpack_root() {
    mkdir -p "$1"
    tar -xf "$IMAGE/rootfs.tar" -C "$1" ||
        fail "unable to unpack the root"
}
