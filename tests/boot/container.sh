# SPDX-License-Identifier: ISC
# shellcheck shell=sh
#
# container.sh - sourced after lib.sh by tests of init without the image: the words
# for a root of the test's own, with busybox and what it defines in DEFS; for
# runc, which is given its own default (a root that is read-only, three
# capabilities, no /run) and what the test changes of that; and for a machine.

BUSYBOX=$SV_TOP/build/deps/busybox/busybox
ROOT=$SCRATCH/bundle/rootfs
DEFS=$ROOT/etc/sv
CHANGES=
: >"$SCRATCH/console"

# As lib.sh's, with what was on the console, and on that of each machine.
fail() {
    for console in "$SCRATCH"/console*; do
        echo "--- ${console##*/}:"
        tail -n 50 "$console"
    done
    echo "fail: $*"
    exit 1
}

console_says() { grep -q "$1" "$SCRATCH/console"; }

# make_root: busybox and our programs, stripped of nothing; DEFS is empty.
make_root() {
    mkdir -p "$DEFS" "$ROOT/bin" "$ROOT/sbin" "$ROOT/proc" "$ROOT/dev" \
        "$ROOT/sys" "$ROOT/run" "$ROOT/tmp"
    chmod 755 "$SCRATCH" "$SCRATCH/bundle" "$ROOT"
    chmod 1777 "$ROOT/tmp"
    cp "$BUSYBOX" "$ROOT/bin/busybox" || fail "there is no busybox"
    for name in sh sleep cat echo grep id kill ls mkdir mount ps readlink stat \
        touch true; do
        ln -s busybox "$ROOT/bin/$name"
    done
    cp "$SV_BIN/init" "$SV_BIN/svscan" "$ROOT/sbin"
    cp "$SV_BIN/svctl" "$SV_BIN/svlog" "$ROOT/bin"
}

# change SED-SCRIPT: of config.json, for each container from now on.
change() { CHANGES="$CHANGES
$1"; }

runs() { runc --root "$SCRATCH/state" "$@" 2>"$SCRATCH/why"; }

# contain NAME PROGRAM [ARGS...]: becomes runc, which runs it on ROOT; what it
# says goes to the console.  No word may need quoting in JSON.
contain() {
    name=$1
    shift
    mkdir -p "$SCRATCH/$name"
    runs spec --bundle "$SCRATCH/$name" || fail "$(cat "$SCRATCH/why")"
    words=$(printf '"%s", ' "$@")
    sed -i -e "s|\"sh\"|${words%, }|" -e 's|"terminal": true|"terminal": false|' \
        -e "s|\"path\": \"rootfs\"|\"path\": \"$ROOT\"|" -e "$CHANGES" \
        "$SCRATCH/$name/config.json"
    exec runc --root "$SCRATCH/state" run --bundle "$SCRATCH/$name" "$name" \
        >>"$SCRATCH/console" 2>&1
}

# inside NAME COMMAND...: in that container.
inside() {
    name=$1
    shift
    runs exec "$name" "$@" </dev/null >>"$SCRATCH/console"
}

# ends_with CODE PID: a child of the test, within SECONDS (20).
ends_with() {
    await "${3-20}" is_gone "$2"
    wait "$2"
    ends_code=$?
    [ "$ends_code" = "$1" ] || fail "it ended with $ends_code instead of $1"
}

is_gone() {
    case $(cut -d ' ' -f 3 "/proc/$1/stat" 2>"$SCRATCH/why") in
    '' | Z) ;;
    *) false ;;
    esac
}

# pack_root: ROOT as it is now is the initramfs of machines.
pack_root() {
    ln -sf sbin/init "$ROOT/init"
    (cd "$ROOT" && find . | cpio --quiet -o -H newc -R 0:0 | gzip -1n) \
        >"$SCRATCH/initramfs"
}

# machine NAME WORDS [OPTION...]: with these words for the kernel, and options of
# qemu's.  What it shows goes to console.NAME, its pid is in MACHINE and pid.NAME,
# and descriptor 4 is its keyboard.
machine() {
    machine_name=$1
    machine_words="console=ttyS0 quiet panic=-1 no_timer_check $2"
    shift 2
    mkfifo "$SCRATCH/keys.$machine_name"
    exec 4<>"$SCRATCH/keys.$machine_name"
    qemu-system-x86_64 -accel tcg -m 192 -nodefaults -display none -no-reboot \
        -serial mon:stdio -kernel "$SV_TOP/build/deps/kernel/vmlinuz" \
        -append "$machine_words" "$@" <"$SCRATCH/keys.$machine_name" \
        >"$SCRATCH/console.$machine_name" 2>&1 &
    MACHINE=$!
    echo "$MACHINE" >"$SCRATCH/pid.$machine_name"
}

# says NAME GREP-ARGUMENT...
says() {
    says_name=$1
    shift
    grep -aq "$@" "$SCRATCH/console.$says_name"
}

# monitor WORDS: to qemu itself, of the machine that was started last.
monitor() { printf '\001c%s\n\001c' "$*" >&4; }
