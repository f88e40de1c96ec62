/* SPDX-License-Identifier: ISC */
/* Truths about log lines and the stamps at their heads. */
#include "unit.h"

#include <time.h>

#include "svctl/print.h"

static const char log_text[] = "@400000006553f1250ee6b280 one @\n"
                               "two\n"
                               "\n"
                               "@short\n"
                               "@400000006553f1250ee6b28x three\n"
                               "@400000006553f1250ee6b280\n"
                               "@400000006553f1250ee6b280 end";

static const char shown_text[] = "2023-11-14 22:13:20.250 one @\n"
                                 "two\n"
                                 "\n"
                                 "@short\n"
                                 "@400000006553f1250ee6b28x three\n"
                                 "2023-11-14 22:13:20.250\n"
                                 "2023-11-14 22:13:20.250 end";

/* Prints text in pieces of that size, and frees nothing but what it made. */
static void expect_in_pieces(const char *text, size_t piece, const char *shown)
{
    char *bytes;
    size_t size;
    struct printer printer = {.to = open_memstream(&bytes, &size)};
    size_t length = strlen(text);

    ck_assert_ptr_nonnull(printer.to);
    for (size_t at = 0; at < length; at += piece)
        print_bytes(&printer, text + at,
                    length - at < piece ? length - at : piece);
    print_end(&printer);
    fclose(printer.to);
    ck_assert_str_eq(bytes, shown);
    free(bytes);
}

START_TEST(stamps_are_shown_in_local_time_however_the_bytes_come)
{
    setenv("TZ", "UTC", 1);
    tzset();
    for (size_t piece = 1; piece <= sizeof log_text; piece++)
        expect_in_pieces(log_text, piece, shown_text);
}
END_TEST

START_TEST(the_start_of_a_stamp_at_the_end_is_not_lost)
{
    expect_in_pieces("one\n@4000", 3, "one\n@4000");
}
END_TEST

int main(void)
{
    return UNIT_RUN(
        "print",
        stamps_are_shown_in_local_time_however_the_bytes_come,
        the_start_of_a_stamp_at_the_end_is_not_lost);
}
