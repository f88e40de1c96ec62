# SPDX-License-Identifier: ISC
# shellcheck shell=sh
#
# The service directories that Mere has shipped, their shapes written afresh;
# sourced after tests/conformance.sh.  LIVE is Mere's scan directory, with its
# catch-all logger and its finish.  The daemons are stand-ins that stay in the
# foreground, say a line on stdout and one on stderr, and announce what the
# real ones announce.  run is written for sh, or, with MERE_FORM=execline, for
# execlineb.

MERE_FORM=${MERE_FORM:-sh}
MERE_ALL="tty1 ttyS0 mdevd utmpd wtmpd ntpd syslogd klogd dropbear nginx postfix
crond opendkim php-fpm"
MERE_LOGGED="ntpd syslogd dropbear nginx postfix php-fpm"
MERE_READY="mdevd utmpd wtmpd"

# Debian keeps execline's programs beside the usual path.
TREE_PATH=$SCRATCH/sbin:$TREE_PATH:/usr/lib/execline/bin

stand_in() {
    for name; do
        cat >"$SCRATCH/sbin/$name" <<END
#!/bin/sh
echo "$name \$*"
echo "$name, stderr" >&2
[ $name != mdevd ] || echo >&3
exec sleep 1000
END
        chmod 755 "$SCRATCH/sbin/$name"
    done
}

script() {
    mkdir -p "${1%/*}"
    cat >"$1"
    chmod 754 "$1"
}

# mere NAME [fd] COMMAND: a daemon, fd if its stderr goes where stdout does.
mere() {
    mere_dir=$LIVE/$1
    shift
    mere_fd=
    [ "$1" != fd ] || { mere_fd=yes && shift; }
    case $MERE_FORM in
    sh) script "$mere_dir/run" <<END
#!/bin/sh
${mere_fd:+exec 2>&1}
exec $*
END
        ;;
    execline) script "$mere_dir/run" <<END
#!/usr/bin/execlineb -P
${mere_fd:+fdmove -c 2 1}
$*
END
        ;;
    esac
}

# mere_log NAME [DIRECTIVE...]: its logger.
mere_log() {
    mere_name=$1
    shift
    mere "$mere_name/log" s6-log -b -- t "$@" "$SCRATCH/var-log/$mere_name"
}

# The server of one of utmp's sockets, ready when it listens.
mere_utmp() {
    mkdir -p "$SCRATCH/$1"
    echo 3 >"$LIVE/$1/notification-fd"
    case $MERE_FORM in
    sh) script "$LIVE/$1/run" <<END
#!/bin/sh
exec 2>&1
cd "$SCRATCH/$1" || exit 1
exec s6-ipcserver -1 -- .$1-socket utmps-$1 1>&3 3>&-
END
        ;;
    execline) script "$LIVE/$1/run" <<END
#!/usr/bin/execlineb -P
fdmove -c 2 1
execline-cd "$SCRATCH/$1"
fdmove 1 3
s6-ipcserver -1 -- .$1-socket utmps-$1
END
        ;;
    esac
}

mere_catch_all() {
    mkdir -p "$LIVE/s6-svscan-log" "$LIVE/.s6-svscan"
    mkfifo -m 600 "$LIVE/s6-svscan-log/fifo"
    case $MERE_FORM in
    sh) script "$LIVE/s6-svscan-log/run" <<END
#!/bin/sh
exec 2>>"$SCRATCH/console" >/dev/null <fifo
exec s6-log -bp -- t "$SCRATCH/uncaught-logs"
END
        ;;
    execline) script "$LIVE/s6-svscan-log/run" <<END
#!/usr/bin/execlineb -P
redirfd -a 2 "$SCRATCH/console"
redirfd -w 1 /dev/null
redirfd -rnb 0 fifo
s6-log -bp -- t "$SCRATCH/uncaught-logs"
END
        ;;
    esac
    script "$LIVE/.s6-svscan/finish" <<END
#!/bin/sh
exec >>"$SCRATCH/console" 2>&1
s6-svc -x s6-svscan-log
echo "shutdown: \$(cat .shutdown)"
exit 5
END
    script "$LIVE/.s6-svscan/crash" <<END
#!/bin/sh
exec >>"$SCRATCH/console" 2>&1
echo crash
exit 6
END
}

mere_define() {
    mkdir -p "$SCRATCH/sbin" "$SCRATCH/var-log" "$SCRATCH/uncaught-logs"
    : >"$SCRATCH/console"
    stand_in getty mdevd utmps-utmpd utmps-wtmpd ntpd syslogd klogd dropbear \
        nginx master crond opendkim php-fpm
    mere tty1 getty 38400 tty1
    mere ttyS0 getty 38400 ttyS0 n8d
    mere mdevd mdevd -D 3
    echo 3 >"$LIVE/mdevd/notification-fd"
    mkdir -p "$LIVE/utmpd" "$LIVE/wtmpd"
    mere_utmp utmpd
    mere_utmp wtmpd
    mere ntpd fd ntpd -dn
    mere_log ntpd
    mere syslogd fd syslogd -n -O /proc/self/fd/1
    mere_log syslogd
    mere klogd klogd -n
    mere dropbear fd dropbear -R -F -E -p 0.0.0.0:22
    mere_log dropbear n20 s1000000
    script "$LIVE/dropbear/finish" <<END
#!/bin/sh
echo "\$1" >>"$SCRATCH/dropbear.finishes"
END
    mere nginx fd nginx -g '"daemon off;"'
    mere_log nginx
    mere postfix fd master -s
    mere_log postfix n20 s1000000
    mere crond crond -sn
    mere opendkim fd opendkim -x conf -f
    mere php-fpm fd php-fpm -F -O
    mere_log php-fpm
    mere_catch_all
}

# As Mere's init leaves it to the scanner: both outputs are the catch-all's.
# Descriptor 7 keeps the fifo open, so that who is started before the catch-all
# is not killed by its first line; to be closed when that one reads.
mere_boot() {
    exec 7<>"$LIVE/s6-svscan-log/fifo"
    case $WAY in
    s6 | clients) set -- s6-svscan -d 9 "$LIVE" ;;
    *) set -- svscan -d 9 "$LIVE" ;;
    esac
    : >"$SCRATCH/ready"
    (
        exec 9>"$SCRATCH/ready"
        exec >"$LIVE/s6-svscan-log/fifo" 2>&1 </dev/null 7<&-
        cd "$LIVE" || exit 1
        exec env --default-signal=INT,QUIT PATH="$TREE_PATH" "$@"
    ) &
    TREE=$!
    await 20 tree_is_ready
}

# The words of a log without their stamps.
logged() {
    sed 's/^@[0-9a-f]\{24\} //' "$1/current"
}
logged_line() {
    [ -e "$1/current" ] && logged "$1" | grep -qxF -e "$2"
}

# All of them, running as Mere has them, and their end by telinit's commands.
mere_day() {
    mere_define
    mere_boot
    for name in $MERE_ALL s6-svscan-log; do await 30 is "$name" state up; done
    for name in $MERE_READY; do await 30 is "$name" ready yes; done
    for name in $MERE_ALL; do
        observe "$name" "$(s6-svstat -o up,ready,wantedup "$LIVE/$name")"
        case $name in
        mdevd | ?tmpd) expect "$name" "true true true" ;;
        *) expect "$name" "true false true" ;;
        esac
    done
    mere_logs
    exec 7<&-
    mere_restart
    mere_end
}

mere_logs() {
    for name in $MERE_LOGGED; do
        await 30 is "$name/log" state up
        daemon=$name
        [ "$name" != postfix ] || daemon=master
        await 30 logged_line "$SCRATCH/var-log/$name" "$daemon, stderr"
        observe "log of $name" "$(logged "$SCRATCH/var-log/$name" | sort)"
    done
    expect "log of nginx" "nginx -g daemon off; / nginx, stderr"
    for line in "getty 38400 tty1" "getty 38400 ttyS0 n8d" "klogd, stderr" \
        "mdevd -D 3" "opendkim, stderr" "crond -sn"; do
        await 30 logged_line "$SCRATCH/uncaught-logs" "$line"
    done
    observe "uncaught" "$(logged "$SCRATCH/uncaught-logs" |
        grep -E '^(getty|klogd|mdevd|opendkim|crond)' | sort)"
    observe "stamps" "$(grep -Evc '^@4000[0-9a-f]{20} ' \
        "$SCRATCH/uncaught-logs/current")"
    expect "stamps" 0
}

# The service command of Mere: stop waits, and start, reload.
mere_restart() {
    observe "stop dropbear" "$(code s6-svc -wd -T 30000 -d "$LIVE/dropbear")"
    expect "stop dropbear" 0
    await 30 lines "$SCRATCH/dropbear.finishes" 1
    # -wd does not wait for the end of finish.
    await 30 is dropbear over yes
    observe "its line" "$(s6-svstat -n "$LIVE/dropbear" |
        sed 's/[0-9]* seconds/N seconds/g')"
    expect "its line" "down (signal 15) N seconds, normally up, ready N seconds"
    s6-svc -u "$LIVE/dropbear"
    await 30 is dropbear state up
    old=$(pid_of mdevd)
    s6-svc -h "$LIVE/mdevd"
    await 30 ended "$old"
    observe "wait for mdevd" "$(code s6-svwait -U -t 30000 "$LIVE/mdevd")"
    expect "wait for mdevd" 0
}

mere_end() {
    catch_all=$(pid_of s6-svscan-log)
    for name in $MERE_ALL; do pid_of "$name"; done >"$SCRATCH/pids"
    for name in $MERE_LOGGED; do pid_of "$name/log"; done >>"$SCRATCH/pids"
    echo poweroff >"$LIVE/.shutdown"
    s6-svscanctl -an "$LIVE"
    s6-svscanctl -tb "$LIVE"
    wait "$TREE"
    observe "exit code of finish" $?
    expect "exit code of finish" 5
    observe "on the console" "$(grep shutdown "$SCRATCH/console")"
    expect "on the console" "shutdown: poweroff"
    while read -r pid; do await 30 ended "$pid"; done <"$SCRATCH/pids"
    ! our_tree || await 30 ended "$catch_all"
    observe "the catch-all logger sees its end" "$(yes_if ended "$catch_all")"
    expect "the catch-all logger sees its end" no
    differs scanner "the catch-all logger sees its end" yes \
        "ours: there is no supervisor of the logger to hold its own fifo open"
}
