/* SPDX-License-Identifier: ISC */
/* Truths about the table of commands. */
#include "unit.h"

#include <ctype.h>
#include <signal.h>

#include "sv/command.h"

/* s6-svc 2.15.1's letters. */
static const char alphabet[] = "abqhkti12pcyrlPCKoduDUxOQ";

START_TEST(every_letter_of_s6_has_a_row_and_no_other_has)
{
    ck_assert_uint_eq(sv_commands_count, strlen(alphabet));
    for (int c = 0; c < 256; c++) {
        const struct sv_command *command = sv_command_by_letter((char)c);

        if (c != 0 && strchr(alphabet, c) != NULL) {
            ck_assert_msg(command != NULL, "%c has no row", c);
            ck_assert_int_eq(command->letter, c);
        } else
            ck_assert_msg(command == NULL, "%d has a row", c);
    }
}
END_TEST

START_TEST(a_name_is_one_plain_word_and_leads_to_its_row)
{
    for (size_t i = 0; i < sv_commands_count; i++) {
        const struct sv_command *command = &sv_commands[i];

        ck_assert_ptr_eq(sv_command_by_name(command->name), command);
        for (const char *c = command->name; *c != '\0'; c++)
            ck_assert_msg(islower((unsigned char)*c) || *c == '-' ||
                              isdigit((unsigned char)*c),
                          "%s", command->name);
        ck_assert_uint_gt(strlen(command->help), 0);
    }
    ck_assert_ptr_null(sv_command_by_name("u"));
    ck_assert_ptr_null(sv_command_by_name(""));
}
END_TEST

static void check_signal(char letter, enum sv_command_kind kind, int signal)
{
    const struct sv_command *command = sv_command_by_letter(letter);

    ck_assert_msg(command->kind == kind && command->signal == signal, "%c",
                  letter);
    ck_assert_int_eq(command->want, SV_WANT_NOTHING);
    ck_assert_int_eq(command->down_file, SV_DOWN_KEEP);
}

START_TEST(a_signal_is_the_one_that_s6_sends)
{
    check_signal('a', SV_COMMAND_SIGNAL, SIGALRM);
    check_signal('b', SV_COMMAND_SIGNAL, SIGABRT);
    check_signal('q', SV_COMMAND_SIGNAL, SIGQUIT);
    check_signal('h', SV_COMMAND_SIGNAL, SIGHUP);
    check_signal('k', SV_COMMAND_SIGNAL, SIGKILL);
    check_signal('t', SV_COMMAND_SIGNAL, SIGTERM);
    check_signal('i', SV_COMMAND_SIGNAL, SIGINT);
    check_signal('1', SV_COMMAND_SIGNAL, SIGUSR1);
    check_signal('2', SV_COMMAND_SIGNAL, SIGUSR2);
    check_signal('p', SV_COMMAND_SIGNAL, SIGSTOP);
    check_signal('c', SV_COMMAND_SIGNAL, SIGCONT);
    check_signal('y', SV_COMMAND_SIGNAL, SIGWINCH);
    check_signal('P', SV_COMMAND_SIGNAL_GROUP, SIGSTOP);
    check_signal('C', SV_COMMAND_SIGNAL_GROUP, SIGCONT);
    check_signal('K', SV_COMMAND_SIGNAL_GROUP, SIGKILL);
    check_signal('r', SV_COMMAND_DOWN_SIGNAL, 0);
    check_signal('l', SV_COMMAND_RELOAD_SIGNAL, 0);
}
END_TEST

static void check_wish(char letter, enum sv_want want, enum sv_down_file file)
{
    const struct sv_command *command = sv_command_by_letter(letter);

    ck_assert_msg(command->kind == SV_COMMAND_WANT && command->want == want &&
                      command->down_file == file,
                  "%c", letter);
    ck_assert_int_eq(command->signal, 0);
}

START_TEST(a_wish_is_the_one_that_s6_grants)
{
    check_wish('u', SV_WANT_IS_UP, SV_DOWN_KEEP);
    check_wish('d', SV_WANT_IS_DOWN, SV_DOWN_KEEP);
    check_wish('o', SV_WANT_IS_ONCE, SV_DOWN_KEEP);
    check_wish('O', SV_WANT_IS_STAY, SV_DOWN_KEEP);
    check_wish('x', SV_WANT_IS_EXIT, SV_DOWN_KEEP);
    check_wish('U', SV_WANT_IS_UP, SV_DOWN_REMOVE);
    check_wish('D', SV_WANT_IS_DOWN, SV_DOWN_CREATE);
    check_wish('Q', SV_WANT_IS_STAY, SV_DOWN_CREATE);
}
END_TEST

START_TEST(a_signal_leads_to_the_letter_that_sends_it_to_run)
{
    ck_assert_int_eq(sv_command_by_signal(SIGSTOP)->letter, 'p');
    ck_assert_int_eq(sv_command_by_signal(SIGKILL)->letter, 'k');
    ck_assert_int_eq(sv_command_by_signal(SIGUSR1)->letter, '1');
    ck_assert_ptr_null(sv_command_by_signal(SIGSEGV));
    ck_assert_ptr_null(sv_command_by_signal(0));
}
END_TEST

int main(void)
{
    return UNIT_RUN("command", every_letter_of_s6_has_a_row_and_no_other_has,
                    a_name_is_one_plain_word_and_leads_to_its_row,
                    a_signal_is_the_one_that_s6_sends,
                    a_wish_is_the_one_that_s6_grants,
                    a_signal_leads_to_the_letter_that_sends_it_to_run);
}
