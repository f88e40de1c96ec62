/* SPDX-License-Identifier: ISC */
/* test_wire.c - what svctl and svscan say to each other, to the byte. */
#include "unit.h"

#include <errno.h>
#include <sys/socket.h>

#include "sv/wire.h"

static struct sv_wire_out out;

static const struct sv_wire_row web = {
    .state = SV_WIRE_UP,
    .flags = SV_ROW_WANT_UP | SV_ROW_READY | SV_ROW_ANNOUNCES,
    .pid = 4242,
    .stamp = {{.x = UINT64_C(0x4000000065000000)}, .nano = 1},
    .ready = {{.x = UINT64_C(0x4000000065000001)}, .nano = 999999999},
    .restarts = 3,
    .deaths = 4,
    .wstat = 15,
    .due_ms = 0,
    .memory = UINT64_MAX,
    .name = "web",
    .note = "no run",
    .main_pid = 4321,
    .said = "serves",
    .stamped = 258,
};

static void begin(enum sv_wire_type type, uint32_t serial)
{
    struct sv_wire_header header = {type, serial};

    sv_wire_begin(&out, &header);
}

static bool open_out(struct sv_wire_in *in)
{
    struct sv_wire_header header;

    return sv_wire_open(in, &header, out.bytes, out.used);
}

START_TEST(a_header_is_eight_bytes)
{
    begin(SV_WIRE_LIST, 0x01020304);
    ck_assert_uint_eq(out.used, SV_WIRE_HEADER);
    ck_assert_mem_eq(out.bytes, "\1l\0\0\1\2\3\4", SV_WIRE_HEADER);
}
END_TEST

START_TEST(a_row_lies_as_the_table_says)
{
    static const char expected[] =
        "\0\143" "\3" "\0" "\0\0\0\15" "\0\0\0\0\0\0\20\222"
        "\100\0\0\0\145\0\0\0" "\0\0\0\1" "\100\0\0\0\145\0\0\1"
        "\73\232\311\377" "\0\0\0\3" "\0\0\0\4" "\0\17"
        "\0\0\0\0\0\0\0\0" "\377\377\377\377\377\377\377\377"
        "\0\3web" "\0\6no run" "\0\0\20\341" "\0\6serves"
        "\0\0\0\0\0\0\1\2";
    char packed[SV_WIRE_ROW_MAX];

    ck_assert_uint_eq(sv_wire_row_pack(packed, &web), sizeof expected - 1);
    ck_assert_mem_eq(packed, expected, sizeof expected - 1);
}
END_TEST

START_TEST(a_row_comes_back_as_it_went)
{
    struct sv_wire_in in;
    struct sv_wire_row row;

    begin(SV_WIRE_ROWS, 1);
    sv_wire_put_row(&out, &web);
    ck_assert(open_out(&in));
    ck_assert(sv_wire_get_row(&in, &row));
    ck_assert(sv_wire_at_end(&in));
    ck_assert_int_eq(row.state, web.state);
    ck_assert_uint_eq(row.flags, web.flags);
    ck_assert_int_eq(row.pid, web.pid);
    ck_assert_uint_eq(row.ready.nano, web.ready.nano);
    ck_assert_uint_eq(row.memory, web.memory);
    ck_assert_str_eq(row.name, web.name);
    ck_assert_str_eq(row.note, web.note);
    ck_assert_uint_eq(row.main_pid, web.main_pid);
    ck_assert_str_eq(row.said, web.said);
    ck_assert_int_eq(row.stamped, web.stamped);
}
END_TEST

START_TEST(the_longest_row_fits_and_the_empty_one_is_fixed)
{
    struct sv_wire_row row = web;
    char packed[SV_WIRE_ROW_MAX];

    memset(row.name, 'n', SV_NAME_MAX);
    memset(row.note, 'x', SV_WIRE_NOTE_MAX);
    memset(row.said, 's', SV_WIRE_SAID_MAX);
    ck_assert_uint_eq(sv_wire_row_pack(packed, &row), SV_WIRE_ROW_MAX);
    row.name[0] = row.note[0] = row.said[0] = 0;
    ck_assert_uint_eq(sv_wire_row_pack(packed, &row),
                      SV_WIRE_ROW_FIXED + SV_WIRE_ROW_ADDED);
}
END_TEST

START_TEST(a_row_of_an_earlier_version_says_less)
{
    static const size_t lacks[] = {8, SV_WIRE_ROW_ADDED};

    for (size_t i = 0; i < sizeof lacks / sizeof *lacks; i++) {
        struct sv_wire_in in;
        struct sv_wire_row row = web;
        size_t start = SV_WIRE_HEADER;

        row.said[0] = 0;
        begin(SV_WIRE_ROWS, 1);
        sv_wire_put_row(&out, &row);
        out.used -= lacks[i];
        out.bytes[start + 1] = (char)(out.used - start);
        ck_assert(open_out(&in));
        ck_assert(sv_wire_get_row(&in, &row));
        ck_assert(sv_wire_at_end(&in));
        ck_assert_uint_eq(row.main_pid, i == 0 ? web.main_pid : 0);
        ck_assert_int_eq(row.stamped, 0);
        out.bytes[start + 1]--;
        ck_assert(open_out(&in));
        ck_assert(!sv_wire_get_row(&in, &row));
    }
}
END_TEST

START_TEST(what_a_later_version_adds_to_a_row_is_skipped)
{
    struct sv_wire_in in;
    struct sv_wire_row row;
    size_t start = SV_WIRE_HEADER;

    begin(SV_WIRE_ROWS, 1);
    sv_wire_put_row(&out, &web);
    sv_wire_put_u32(&out, 77);
    out.bytes[start + 1] = (char)(out.used - start);
    sv_wire_put_row(&out, &web);
    ck_assert(open_out(&in));
    ck_assert(sv_wire_get_row(&in, &row));
    ck_assert_str_eq(row.note, web.note);
    ck_assert(sv_wire_get_row(&in, &row));
    ck_assert(sv_wire_at_end(&in));
}
END_TEST

/* Changes one byte of a message with a row and says if the row is still
 * taken. */
static bool row_survives(size_t offset, char byte)
{
    struct sv_wire_in in;
    struct sv_wire_row row;

    begin(SV_WIRE_ROWS, 1);
    sv_wire_put_row(&out, &web);
    out.bytes[SV_WIRE_HEADER + offset] = byte;
    return open_out(&in) && sv_wire_get_row(&in, &row);
}

START_TEST(a_row_that_cannot_be_is_refused)
{
    ck_assert(row_survives(2, SV_WIRE_GONE));
    ck_assert_msg(!row_survives(2, SV_WIRE_STATES), "an unknown state");
    ck_assert_msg(!row_survives(8, '\200'), "a negative pid");
    ck_assert_msg(!row_survives(11, 1), "a pid of more than 31 bits");
    ck_assert_msg(!row_survives(24, 0x3c), "a second of a second");
    ck_assert_msg(!row_survives(1, 69), "a size below the least");
    ck_assert_msg(!row_survives(1, 120), "a size beyond the message");
    ck_assert_msg(!row_survives(67, 100), "a name beyond the row");
    ck_assert_msg(!row_survives(68, 0), "a NUL in the name");
}
END_TEST

START_TEST(every_shorter_message_is_refused_and_nothing_is_taken)
{
    struct sv_wire_header header;
    struct sv_wire_in in;
    struct sv_wire_row row;

    begin(SV_WIRE_ROWS, 1);
    sv_wire_put_row(&out, &web);
    for (size_t i = 0; i < out.used; i++) {
        if (!sv_wire_open(&in, &header, out.bytes, i)) {
            ck_assert_uint_lt(i, SV_WIRE_HEADER);
            continue;
        }
        ck_assert(!sv_wire_get_row(&in, &row));
        ck_assert_uint_eq(in.at, SV_WIRE_HEADER);
    }
}
END_TEST

START_TEST(another_version_and_an_unknown_type_are_refused)
{
    struct sv_wire_in in;

    begin(SV_WIRE_LIST, 1);
    ck_assert(open_out(&in));
    out.bytes[0] = SV_WIRE_VERSION + 1;
    ck_assert(!open_out(&in));
    begin(SV_WIRE_LIST, 1);
    out.bytes[1] = 'z';
    ck_assert(!open_out(&in));
}
END_TEST

START_TEST(what_a_svscan_is_can_be_asked_and_told_in_any_version)
{
    static const enum sv_wire_type lasting[] = {
        SV_WIRE_INFO, SV_WIRE_UPGRADE, SV_WIRE_FACTS, SV_WIRE_FAULTS,
        SV_WIRE_END};
    struct sv_wire_in in;

    for (size_t i = 0; i < sizeof lasting / sizeof *lasting; i++) {
        begin(lasting[i], 1);
        out.bytes[0] = SV_WIRE_VERSION + 1;
        ck_assert(open_out(&in));
    }
}
END_TEST

START_TEST(a_text_that_is_longer_than_its_place_is_refused)
{
    struct sv_wire_in in;
    char text[4];

    begin(SV_WIRE_LIST, 1);
    sv_wire_put_text(&out, "webs");
    ck_assert(open_out(&in));
    ck_assert(!sv_wire_get_text(&in, text, sizeof text));
    ck_assert_uint_eq(in.at, SV_WIRE_HEADER);
    begin(SV_WIRE_LIST, 1);
    sv_wire_put_text(&out, "web");
    ck_assert(open_out(&in));
    ck_assert(sv_wire_get_text(&in, text, sizeof text));
    ck_assert_str_eq(text, "web");
}
END_TEST

START_TEST(a_full_message_stays_as_it_was)
{
    size_t before;

    begin(SV_WIRE_ROWS, 1);
    do {
        before = out.used;
        sv_wire_put_row(&out, &web);
    } while (!out.full);
    ck_assert_uint_eq(out.used, before);
    ck_assert_uint_gt(out.used, SV_WIRE_MAX - SV_WIRE_ROW_MAX);
}
END_TEST

START_TEST(a_fault_goes_in_whole_or_not_at_all)
{
    char reason[SV_WIRE_MAX];

    begin(SV_WIRE_FAULTS, 1);
    memset(reason, 'x', sizeof reason - 1);
    reason[sizeof reason - 1] = 0;
    sv_wire_put_fault(&out, "web", reason);
    ck_assert(out.full);
    ck_assert_uint_eq(out.used, SV_WIRE_HEADER);
}
END_TEST

/* A directory whose path is longer than a socket's address may be. */
static int deep_directory(char path[static 400])
{
    stpcpy(path, "/tmp/test_wire.XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(path));
    for (int i = 0; i < 3; i++) {
        char *end = path + strlen(path);

        *end++ = '/';
        memset(end, 'd', 90);
        end[90] = 0;
        ck_assert_int_eq(mkdir(path, 0700), 0);
    }

    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(mkdirat(fd, SV_TREE_OURS, 0700), 0);
    return fd;
}

static void remove_deep(char *path, int fd)
{
    unlinkat(fd, SV_TREE_SOCKET, 0);
    unlinkat(fd, SV_TREE_OURS, AT_REMOVEDIR);
    close(fd);
    for (int i = 0; i < 4; i++) {
        ck_assert_int_eq(rmdir(path), 0);
        *strrchr(path, '/') = 0;
    }
}

START_TEST(a_tree_may_lie_deeper_than_a_socket_address)
{
    char path[400];
    int live = deep_directory(path);
    struct stat st;
    int listener = sv_wire_listen(live, 0640);

    ck_assert_int_ge(listener, 0);
    ck_assert_int_eq(fstatat(live, SV_TREE_SOCKET, &st, 0), 0);
    ck_assert_uint_eq(st.st_mode & 0777, 0640);

    int client = sv_wire_connect(path);

    ck_assert_int_ge(client, 0);
    close(client);
    close(listener);
    ck_assert_int_eq(sv_wire_connect(path), -1);
    ck_assert_int_eq(errno, ECONNREFUSED);
    listener = sv_wire_listen(live, 0600);
    ck_assert_msg(listener >= 0, "the old socket is replaced");
    close(listener);
    remove_deep(path, live);
    ck_assert_int_eq(sv_wire_connect(path), -1);
    ck_assert_int_eq(errno, ENOENT);
}
END_TEST

START_TEST(every_state_has_a_word)
{
    ck_assert_str_eq(sv_wire_state_name(SV_WIRE_FINISHING), "finishing");
    for (unsigned i = 0; i < SV_WIRE_STATES; i++)
        ck_assert_ptr_nonnull(sv_wire_state_name((enum sv_wire_state)i));
}
END_TEST

int main(void)
{
    return UNIT_RUN(
        "wire",
        a_header_is_eight_bytes, a_row_lies_as_the_table_says,
        a_row_comes_back_as_it_went,
        the_longest_row_fits_and_the_empty_one_is_fixed,
        a_row_of_an_earlier_version_says_less,
        what_a_later_version_adds_to_a_row_is_skipped,
        a_row_that_cannot_be_is_refused,
        every_shorter_message_is_refused_and_nothing_is_taken,
        another_version_and_an_unknown_type_are_refused,
        what_a_svscan_is_can_be_asked_and_told_in_any_version,
        a_text_that_is_longer_than_its_place_is_refused,
        a_full_message_stays_as_it_was,
        a_fault_goes_in_whole_or_not_at_all,
        a_tree_may_lie_deeper_than_a_socket_address,
        every_state_has_a_word);
}
