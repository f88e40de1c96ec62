# shellcheck shell=sh
# SPDX-License-Identifier: ISC
#
# vm.sh - to be sourced: runs what build/image holds in qemu, without root.
#
# The caller sets IMAGE and BUSYBOX: the directory, and the program that
# fetches pages.  The environment may set
#   QEMU_ACCEL   tcg, software emulation; kvm where it is known to work (a
#                /dev/kvm that exists may still hang)
#   QEMU_MACHINE q35, a machine of PCI Express; the older pc takes an emulated
#                guest 150 ms more to learn the interrupt of its first card
#   QEMU_MEMORY  in megabytes                                        [256]
#   QEMU_APPEND  more words for the kernel's command line
#   QEMU_NET     more of the network: hostfwd=tcp:127.0.0.1:2222-:22
#   QEMU_OPTIONS more options; with "-icount shift=1,sleep=off" the guest's clock
#                counts instructions, two nanoseconds each, and its figures do
#                not depend on how busy this machine is
: "${IMAGE:?}" "${BUSYBOX:?}"

# vm PORT [DISK] - becomes qemu, with standard input and output as the serial
# console (Ctrl-a x ends it).  The guest's port 80 is 127.0.0.1:PORT here.
# DISK is a file with the root's file system, or one *.iso to boot from.  Without
# it the root is the initramfs.
vm() {
    words="console=ttyS0 quiet panic=-1 no_timer_check"
    words="$words sysctl.kernel.dmesg_restrict=0"
    net=user,id=net,hostfwd=tcp:127.0.0.1:$1-:80${QEMU_NET:+,$QEMU_NET}
    case ${2-} in
    '') set -- -initrd "$IMAGE/initramfs.cpio.gz" ;;
    *.iso) set -- -cdrom "$2" -boot d ;;
    *)
        words="$words root=/dev/nvme0n1 rootfstype=ext4 rw"
        set -- -drive "if=none,id=disk,format=raw,file=$2" \
            -device nvme,serial=mere,drive=disk
        ;;
    esac
    [ "$1" = -cdrom ] ||
        set -- "$@" -kernel "$IMAGE/vmlinuz" -append "$words ${QEMU_APPEND-}"
    # shellcheck disable=SC2086 # options
    exec qemu-system-x86_64 -machine "${QEMU_MACHINE:-q35}" \
        -accel "${QEMU_ACCEL:-tcg}" -m "${QEMU_MEMORY:-256}" \
        -nodefaults -display none -no-reboot \
        -serial mon:stdio -netdev "$net" \
        -device virtio-net-pci,netdev=net,romfile= \
        ${QEMU_OPTIONS-} "$@"
}

# free_port FROM - prints the first TCP port from there on which none listens.
free_port() {
    port=$1
    while grep -q ":$(printf %04X "$port") [0-9A-F:]* 0A " /proc/net/tcp; do
        port=$((port + 1))
    done
    echo "$port"
}

# fetch PORT PATH - prints the guest's page; false if there is none after 10 s.
fetch() {
    timeout 10 "$BUSYBOX" wget -q -O - "http://127.0.0.1:$1$2" 2>/dev/null
}

# serves PORT - whether the guest serves a page now.  qemu takes a connection
# before the guest can, and then tries it again only after seconds; so this one
# is given up soon.  A guest on a busy machine is given more each time.
patience_tenths=3
serves() {
    if timeout "$((patience_tenths / 10)).$((patience_tenths % 10))" "$BUSYBOX" \
        wget -q -O /dev/null "http://127.0.0.1:$1/" 2>/dev/null; then
        patience_tenths=3
        return 0
    fi
    [ $patience_tenths -ge 50 ] || patience_tenths=$((patience_tenths + 1))
    return 1
}
