/* SPDX-License-Identifier: ISC */
/* Truths about the files of a service directory. */
#include "unit.h"

#include <errno.h>
#include <signal.h>
#include <stdint.h>

#include "sv/paths.h"
#include "sv/service.h"

static enum sv_value uint_of(const char *text, uint32_t *value)
{
    put_text("value", text);
    return sv_service_uint(service, ".", "value", value);
}

static void check_uint(const char *text, uint32_t expected)
{
    uint32_t value = expected + 1;

    ck_assert_msg(uint_of(text, &value) == SV_FOUND && value == expected,
                  "\"%s\" is %lu", text, (unsigned long)value);
}

static void check_no_uint(const char *text)
{
    uint32_t value = 77;

    ck_assert_msg(uint_of(text, &value) == SV_INVALID, "\"%s\"", text);
    ck_assert_uint_eq(value, 77);
}

START_TEST(a_number_is_digits_up_to_the_end_of_the_line)
{
    check_uint("3", 3);
    check_uint("3\n", 3);
    check_uint("0\n", 0);
    check_uint("007\n", 7);
    check_uint("5000\nfive seconds", 5000);
    check_uint("3\n\n", 3);
}
END_TEST

START_TEST(the_greatest_number_is_that_of_32_bits)
{
    check_uint("4294967295\n", UINT32_MAX);
    check_no_uint("4294967296\n");
    check_no_uint("9999999999\n");
    check_no_uint("99999999999\n");
}
END_TEST

START_TEST(eleven_bytes_are_read)
{
    check_uint("00000000003", 3);
    check_uint("000000000034", 3);
    check_uint("0000000003\n", 3);
}
END_TEST

START_TEST(whatever_else_is_no_number)
{
    check_no_uint("");
    check_no_uint("\n");
    check_no_uint("\n3\n");
    check_no_uint("3 \n");
    check_no_uint(" 3\n");
    check_no_uint("3\r\n");
    check_no_uint("-3\n");
    check_no_uint("+3\n");
    check_no_uint("0x3\n");
    check_no_uint("3.0\n");
    check_no_uint("abc\n");
}
END_TEST

START_TEST(a_nul_does_not_end_a_value)
{
    uint32_t value = 77;
    int number = 77;

    put_bytes("value", "3\0000\n", 4);
    ck_assert_int_eq(sv_service_uint(service, ".", "value", &value),
                     SV_INVALID);
    put_bytes("value", "TERM\0x\n", 7);
    ck_assert_int_eq(sv_service_signal(service, ".", "value", &number),
                     SV_INVALID);
    ck_assert_int_eq(number, 77);
}
END_TEST

START_TEST(no_file_is_no_value)
{
    uint32_t value = 77;
    int number = 77;

    ck_assert_int_eq(sv_service_uint(service, ".", "value", &value), SV_ABSENT);
    ck_assert_int_eq(sv_service_signal(service, ".", "value", &number),
                     SV_ABSENT);
    ck_assert_uint_eq(value, 77);
    ck_assert_int_eq(number, 77);
}
END_TEST

START_TEST(what_cannot_be_read_has_a_reason)
{
    uint32_t value = 77;
    int number = 77;

    ck_assert_int_eq(mkdirat(service, "value", 0700), 0);
    ck_assert_int_eq(sv_service_uint(service, ".", "value", &value),
                     SV_UNREADABLE);
    ck_assert_int_eq(errno, EINVAL);
    ck_assert_int_eq(symlinkat("loop", service, "loop"), 0);
    ck_assert_int_eq(sv_service_signal(service, ".", "loop", &number),
                     SV_UNREADABLE);
    ck_assert_int_eq(errno, ELOOP);
}
END_TEST

/* ---- signals ------------------------------------------------------------ */

START_TEST(a_signal_has_a_name_or_a_number)
{
    ck_assert_int_eq(sv_signal_number("SIGHUP"), SIGHUP);
    ck_assert_int_eq(sv_signal_number("hup"), SIGHUP);
    ck_assert_int_eq(sv_signal_number("sigHup"), SIGHUP);
    ck_assert_int_eq(sv_signal_number("9"), SIGKILL);
    ck_assert_int_eq(sv_signal_number("15"), SIGTERM);
    ck_assert_int_eq(sv_signal_number("64"), 64);
}
END_TEST

START_TEST(every_name_of_s6_that_linux_has_is_known)
{
    static const struct {
        const char *name;
        int number;
    } known[] = {
        {"ABRT", SIGABRT},     {"ALRM", SIGALRM}, {"BUS", SIGBUS},
        {"CHLD", SIGCHLD},     {"CLD", SIGCHLD},  {"CONT", SIGCONT},
        {"FPE", SIGFPE},       {"HUP", SIGHUP},   {"ILL", SIGILL},
        {"INT", SIGINT},       {"IO", SIGIO},     {"IOT", SIGABRT},
        {"KILL", SIGKILL},     {"PIPE", SIGPIPE}, {"POLL", SIGIO},
        {"PROF", SIGPROF},     {"PWR", SIGPWR},   {"QUIT", SIGQUIT},
        {"SEGV", SIGSEGV},     {"STOP", SIGSTOP}, {"STKFLT", SIGSTKFLT},
        {"SYS", SIGSYS},       {"TERM", SIGTERM}, {"TRAP", SIGTRAP},
        {"TSTP", SIGTSTP},     {"TTIN", SIGTTIN}, {"TTOU", SIGTTOU},
        {"URG", SIGURG},       {"USR1", SIGUSR1}, {"USR2", SIGUSR2},
        {"VTALRM", SIGVTALRM}, {"XCPU", SIGXCPU}, {"XFSZ", SIGXFSZ},
        {"WINCH", SIGWINCH},
    };

    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        ck_assert_msg(sv_signal_number(known[i].name) == known[i].number, "%s",
                      known[i].name);
}
END_TEST

START_TEST(a_name_leads_to_its_number_and_back)
{
    for (int number = 1; number < 32; number++) {
        const char *name = sv_signal_name(number);

        ck_assert_str_ne(name, "???");
        ck_assert_int_eq(sv_signal_number(name), number);
    }
}
END_TEST

START_TEST(of_two_names_the_usual_one_is_given)
{
    ck_assert_str_eq(sv_signal_name(SIGTERM), "TERM");
    ck_assert_str_eq(sv_signal_name(SIGABRT), "ABRT");
    ck_assert_str_eq(sv_signal_name(SIGCHLD), "CHLD");
    ck_assert_str_eq(sv_signal_name(SIGIO), "IO");
}
END_TEST

START_TEST(what_is_no_signal_is_unknown)
{
    static const char *const wrong[] = {"",   "0",      "-1",        "65",
                                        "9x", "SIG",    "SIGSIGHUP", "TERM ",
                                        " 9", "NOSUCH", "4294967311"};

    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        ck_assert_msg(sv_signal_number(wrong[i]) == 0, "\"%s\"", wrong[i]);
    ck_assert_str_eq(sv_signal_name(0), "???");
    ck_assert_str_eq(sv_signal_name(-1), "???");
    ck_assert_str_eq(sv_signal_name(40), "???");
}
END_TEST

START_TEST(a_signal_file_is_one_line_of_15_bytes)
{
    int number = 0;

    put_text("value", "SIGUSR1\nthat reopens the log");
    ck_assert_int_eq(sv_service_signal(service, ".", "value", &number),
                     SV_FOUND);
    ck_assert_int_eq(number, SIGUSR1);
    put_text("value", "000000000000009ignored");
    ck_assert_int_eq(sv_service_signal(service, ".", "value", &number),
                     SV_FOUND);
    ck_assert_int_eq(number, SIGKILL);
    put_text("value", "");
    ck_assert_int_eq(sv_service_signal(service, ".", "value", &number),
                     SV_INVALID);
    put_text("value", "nonsense\n");
    ck_assert_int_eq(sv_service_signal(service, ".", "value", &number),
                     SV_INVALID);
    ck_assert_int_eq(number, SIGKILL);
}
END_TEST

/* ---- names and programs ------------------------------------------------- */

START_TEST(a_name_may_hold_nearly_anything)
{
    char longest[SV_NAME_MAX + 1] = {0};

    memset(longest, 'n', SV_NAME_MAX);
    ck_assert_ptr_null(sv_service_name_fault("web"));
    ck_assert_ptr_null(sv_service_name_fault("getty@tty1 (console)"));
    ck_assert_ptr_null(sv_service_name_fault("caf\xc3\xa9"));
    ck_assert_ptr_null(sv_service_name_fault("a.b-"));
    ck_assert_ptr_null(sv_service_name_fault(longest));
}
END_TEST

START_TEST(a_bad_name_has_its_fault_named)
{
    char longer[SV_NAME_MAX + 2] = {0};

    memset(longer, 'n', SV_NAME_MAX + 1);
    ck_assert_str_eq(sv_service_name_fault(""), "the name is empty");
    ck_assert_str_eq(sv_service_name_fault(".web"),
                     "the name begins with a dot");
    ck_assert_str_eq(sv_service_name_fault(longer), "the name is too long");
    ck_assert_str_eq(sv_service_name_fault("web/log"),
                     "the name contains a slash");
    ck_assert_str_eq(sv_service_name_fault("a\nb"),
                     "the name contains a control character");
    ck_assert_str_eq(sv_service_name_fault("a\x7f"),
                     "the name contains a control character");
}
END_TEST

START_TEST(an_executable_file_is_one_that_may_be_executed)
{
    put_text("run", "#!/bin/sh\n");
    ck_assert(!sv_service_executable(service, ".", "run"));
    ck_assert_int_eq(errno, EACCES);
    ck_assert_int_eq(fchmodat(service, "run", 0755, 0), 0);
    ck_assert(sv_service_executable(service, ".", "run"));
    ck_assert_int_eq(symlinkat("run", service, "finish"), 0);
    ck_assert(sv_service_executable(service, ".", "finish"));
}
END_TEST

START_TEST(a_directory_or_nothing_is_not_executable)
{
    ck_assert(!sv_service_executable(service, ".", "supervise"));
    ck_assert_int_eq(errno, EACCES);
    ck_assert(!sv_service_executable(service, ".", "run"));
    ck_assert_int_eq(errno, ENOENT);
}
END_TEST

static const char *fault_of(const char *file)
{
    struct stat st;

    ck_assert_int_eq(fstatat(service, file, &st, 0), 0);
    return sv_program_fault(sv_service_program(&st));
}

START_TEST(a_program_is_a_file_with_something_in_it_that_somebody_may_execute)
{
    ck_assert_int_eq(mkdirat(service, "log", 0755), 0);
    ck_assert_str_eq(fault_of("log"), "is not a regular file");
    put_text("run", "");
    ck_assert_int_eq(fchmodat(service, "run", 0755, 0), 0);
    ck_assert_str_eq(fault_of("run"), "is empty");
    put_text("run", "#!/bin/sh\n");
    ck_assert_int_eq(fchmodat(service, "run", 0644, 0), 0);
    ck_assert_str_eq(fault_of("run"), "is not executable");
    ck_assert_int_eq(fchmodat(service, "run", 0641, 0), 0);
    ck_assert_ptr_null(fault_of("run"));
}
END_TEST

int main(void)
{
    return UNIT_RUN_IN_SCRATCH(
        "service", a_number_is_digits_up_to_the_end_of_the_line,
        the_greatest_number_is_that_of_32_bits, eleven_bytes_are_read,
        whatever_else_is_no_number, a_nul_does_not_end_a_value,
        no_file_is_no_value, what_cannot_be_read_has_a_reason,
        a_signal_has_a_name_or_a_number,
        every_name_of_s6_that_linux_has_is_known,
        a_name_leads_to_its_number_and_back,
        of_two_names_the_usual_one_is_given, what_is_no_signal_is_unknown,
        a_signal_file_is_one_line_of_15_bytes, a_name_may_hold_nearly_anything,
        a_bad_name_has_its_fault_named,
        an_executable_file_is_one_that_may_be_executed,
        a_directory_or_nothing_is_not_executable,
        a_program_is_a_file_with_something_in_it_that_somebody_may_execute);
}
