/* SPDX-License-Identifier: ISC */
/*
 * survey.c - what a definition holds, and whether it is complete.
 *
 * The list of entries is its own queue: directories are read in the order in
 * which they were found, each after it has been entered in the list.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/mix.h"
#include "sv/at.h"
#include "sv/clock.h"
#include "sv/paths.h"
#include "svscan/survey.h"

enum { MODE_MASK = 0777 };

const char *survey_path(const struct survey *survey,
                        const struct survey_entry *entry)
{
    return survey->names + entry->path;
}

size_t survey_parent(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash == NULL ? 0 : (size_t)(slash - path);
}

/* ---- the signature ------------------------------------------------------ */

static uint64_t hash_of(const char *path, const struct survey_entry *entry)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);

    for (; *path != '\0'; path++)
        hash = (hash ^ (unsigned char)*path) * UINT64_C(0x100000001b3);
    hash = mix(hash, entry->kind);
    if (entry->kind == SURVEY_REFERENCE)
        return hash;
    hash = mix(hash, entry->mode);
    hash = mix(hash, (uint64_t)entry->uid << 32 | entry->gid);
    if (entry->kind != SURVEY_FILE && entry->kind != SURVEY_LINK)
        return hash;
    hash = mix(hash, (uint64_t)entry->size);
    hash = mix(hash, (uint64_t)entry->ino);
    hash = mix(hash, (uint64_t)entry->mtime.tv_sec);
    return mix(hash, (uint64_t)entry->mtime.tv_nsec);
}

/* A sum of the entries' hashes, since a directory is read in any order. */
static void sign(struct survey *survey)
{
    uint64_t sum = hash_of("", &survey->self);

    for (size_t i = 0; i < survey->count; i++) {
        const struct survey_entry *entry = &survey->entries[i];

        if (!entry->at_first_only)
            sum += hash_of(survey_path(survey, entry), entry);
    }
    sum = mix(sum, survey->count == 0);
    survey->signature = sum == 0 ? 1 : sum;
}

/* ---- the list ----------------------------------------------------------- */

static bool make_room(void **array, size_t *room, size_t wanted, size_t unit)
{
    if (wanted <= *room)
        return true;

    size_t size = 2 * wanted + 64;
    void *grown = realloc(*array, size * unit);

    if (grown == NULL)
        return false;
    *array = grown;
    *room = size;
    return true;
}

static bool grow(struct survey *survey, size_t name_size)
{
    void *entries = survey->entries;
    void *names = survey->names;
    bool grown = make_room(&entries, &survey->room, survey->count + 1,
                           sizeof *survey->entries)
                 && make_room(&names, &survey->names_room,
                              survey->names_size + name_size, 1);

    survey->entries = entries;
    survey->names = names;
    return grown;
}

static struct survey_entry entry_of(const struct survey *survey,
                                    const struct stat *st,
                                    enum survey_kind kind)
{
    return (struct survey_entry){
        .kind = kind,
        .mode = st->st_mode & MODE_MASK,
        .is_theirs = st->st_uid != survey->our_uid
                     || st->st_gid != survey->our_gid,
        .uid = st->st_uid,
        .gid = st->st_gid,
        .size = st->st_size,
        .ino = st->st_ino,
        .mtime = st->st_mtim,
    };
}

static bool add(struct survey *survey, const char *path, const struct stat *st,
                enum survey_kind kind, bool at_first_only)
{
    size_t size = strlen(path) + 1;
    struct survey_entry entry = entry_of(survey, st, kind);

    if (!grow(survey, size))
        return false;
    memcpy(survey->names + survey->names_size, path, size);
    entry.path = survey->names_size;
    entry.at_first_only = at_first_only;
    survey->entries[survey->count++] = entry;
    survey->names_size += size;
    survey->is_cut = survey->names_size > SURVEY_NAMES_MAX;
    if (kind == SURVEY_FILE)
        survey->bytes += (uint64_t)st->st_size;
    return true;
}

static void note_time(struct survey *survey, const struct stat *st)
{
    int64_t at = (int64_t)st->st_ctim.tv_sec * SV_SECOND + st->st_ctim.tv_nsec;

    if (at > survey->changed)
        survey->changed = at;
}

static bool is(const char *text, const char *other)
{
    return strcmp(text, other) == 0;
}

/* What a logger is may be a symlink to a directory, as a service may; the copy
 * has a directory, since its supervise/ must not be written in DEFS. */
static void follow_log(int fd, const char *path, struct stat *st,
                       struct survey *survey)
{
    struct stat target;

    if (S_ISLNK(st->st_mode) && fstatat(fd, path, &target, 0) == 0
        && S_ISDIR(target.st_mode))
        *st = target;
    survey->has_log = S_ISDIR(st->st_mode);
}

static void skip(struct survey *survey, const char *path)
{
    size_t size = strnlen(path, sizeof survey->skipped - 1);

    memcpy(survey->skipped, path, size);
    survey->skipped[size] = '\0';
}

static bool add_by_kind(struct survey *survey, const char *path,
                        const struct stat *st)
{
    switch (st->st_mode & S_IFMT) {
    case S_IFDIR:
        return add(survey, path, st, SURVEY_DIR, false);
    case S_IFREG:
        return add(survey, path, st, SURVEY_FILE, false);
    case S_IFLNK:
        return add(survey, path, st, SURVEY_LINK, false);
    case S_IFIFO:
        return add(survey, path, st, SURVEY_FIFO, false);
    default:
        skip(survey, path);
        return true;
    }
}

/* `down` of a oneshot is what brings it down. */
static bool is_marker(const struct survey *survey, const char *path,
                      const char *name)
{
    if (is(name, SV_DOWN_FILE))
        return survey->kind == SV_LONGRUN || !is(path, name);
    return is(name, SV_FLAG_DISABLED);
}

/* An entry of a service directory: the definition's, or its logger's. */
static bool add_special(struct survey *survey, const char *path,
                        const char *name, const struct stat *st)
{
    if (is(name, SV_SUPERVISE) || is(name, SV_EVENT))
        return true;
    if (is(name, SV_DATA) || is(name, SV_ENV))
        return add(survey, path, st, SURVEY_REFERENCE, false);
    if (is_marker(survey, path, name) && S_ISREG(st->st_mode))
        return add(survey, path, st, SURVEY_FILE, true);
    return add_by_kind(survey, path, st);
}

static bool add_name(struct survey *survey, int fd, const char *dir,
                     const char *name)
{
    char path[SV_PATH_MAX];
    struct stat st;

    sv_at(path, *dir == '\0' ? "." : dir, name);
    if (fstatat(fd, path, &st, AT_SYMLINK_NOFOLLOW) < 0)
        return errno == ENOENT;
    if (is(path, SV_LOG))
        follow_log(fd, path, &st, survey);
    note_time(survey, &st);
    if (*dir == '\0' || is(dir, SV_LOG))
        return add_special(survey, path, name, &st);
    return add_by_kind(survey, path, &st);
}

static bool add_names(struct survey *survey, int fd, const char *dir, DIR *list)
{
    while (!survey->is_cut) {
        errno = 0;

        const struct dirent *entry = readdir(list);

        if (entry == NULL)
            return errno == 0;
        if (is(entry->d_name, ".") || is(entry->d_name, ".."))
            continue;
        if (!add_name(survey, fd, dir, entry->d_name))
            return false;
    }
    return true;
}

/* Opens a directory of the definition; "" is the definition itself. */
static DIR *open_list(int fd, const char *dir)
{
    int flags = O_RDONLY | O_DIRECTORY | O_NONBLOCK | O_CLOEXEC;

    if (!is(dir, SV_LOG))
        flags |= O_NOFOLLOW;

    int own = openat(fd, *dir == '\0' ? "." : dir, flags);

    if (own < 0)
        return NULL;

    DIR *list = fdopendir(own);

    if (list == NULL)
        close(own);
    return list;
}

static bool read_dir(struct survey *survey, int fd, const char *dir)
{
    DIR *list = open_list(fd, dir);

    if (list == NULL)
        return errno == ENOENT || errno == ENOTDIR || errno == ELOOP;

    bool done = add_names(survey, fd, dir, list);
    int error = errno;

    closedir(list);
    errno = error;
    return done;
}

static bool begin(struct survey *survey, int fd)
{
    struct stat st;

    survey->count = 0;
    survey->names_size = 0;
    survey->bytes = 0;
    survey->changed = INT64_MIN;
    survey->has_log = false;
    survey->is_cut = false;
    survey->skipped[0] = '\0';
    if (fstat(fd, &st) < 0)
        return false;
    survey->our_uid = geteuid();
    survey->our_gid = getegid();
    survey->self = entry_of(survey, &st, SURVEY_DIR);
    note_time(survey, &st);
    return true;
}

bool survey_read(struct survey *survey, int fd,
                 void (*reading)(void *context, const char *path),
                 void *context)
{
    char path[SV_PATH_MAX];

    if (!begin(survey, fd))
        return false;
    reading(context, "");
    survey->kind_found = sv_service_kind(fd, ".", &survey->kind);
    if (!read_dir(survey, fd, ""))
        return false;
    for (size_t i = 0; i < survey->count && !survey->is_cut; i++) {
        if (survey->entries[i].kind != SURVEY_DIR)
            continue;
        /* Reading may move the names. */
        sv_at(path, ".", survey_path(survey, &survey->entries[i]));
        reading(context, path);
        if (!read_dir(survey, fd, path))
            return false;
    }
    sign(survey);
    return true;
}

void survey_free(struct survey *survey)
{
    free(survey->entries);
    free(survey->names);
    *survey = (struct survey){ 0 };
}

/* ---- complete? ---------------------------------------------------------- */

/* A read lease is refused while the file is open for writing.  What else may
 * refuse it (an owner that is not us, a file system without leases) tells
 * nothing.  Whoever opens the file in the instant of the lease sends us a
 * signal: one that nobody minds. */
static bool has_writer(int fd, const char *file)
{
    int own = openat(fd, file, O_RDONLY | O_NONBLOCK | O_CLOEXEC);

    if (own < 0)
        return false;

    bool busy = fcntl(own, F_SETSIG, SIGURG) == 0
                && fcntl(own, F_SETLEASE, F_RDLCK) < 0 && errno == EAGAIN;

    close(own);
    return busy;
}

/* may_be_text: what is not executable holds a command line.  Of a program the
 * mode counts, not access(2): DEFS may be mounted noexec, and the copy of a user
 * is the user's own. */
static struct lack program_lack(int fd, const char *file, bool may_be_text)
{
    struct stat st;
    enum sv_program program;

    if (fstatat(fd, file, &st, 0) < 0) {
        if (errno == ENOENT || errno == ENOTDIR)
            return (struct lack){ file, "is missing", "is there", false };
        return (struct lack){ file, "cannot be reached", "can be", false };
    }
    program = sv_service_program(&st);
    if (program != SV_PROGRAM_FINE
        && !(program == SV_PROGRAM_INERT && may_be_text))
        return (struct lack){ file, sv_program_fault(program),
                              program == SV_PROGRAM_EMPTY ? "is written" : "is",
                              program == SV_PROGRAM_INERT };
    if (has_writer(fd, file))
        return (struct lack){ file, "is open for writing", "is closed", false };
    return (struct lack){ 0 };
}

/* The file of s6-rc's earlier versions counts as well. */
static struct lack contents_lack(int fd)
{
    if (faccessat(fd, SV_CONTENTS_D, F_OK, 0) == 0
        || faccessat(fd, "contents", F_OK, 0) == 0)
        return (struct lack){ 0 };
    return (struct lack){ SV_CONTENTS_D, "is missing", "is there", false };
}

static struct lack kind_lack(const struct survey *survey, int fd)
{
    if (survey->kind_found == SV_UNREADABLE)
        return (struct lack){ SV_TYPE, "cannot be read", "can be", false };
    if (survey->kind_found == SV_INVALID)
        return (struct lack){ SV_TYPE, "is none of longrun, oneshot and bundle",
                              "is one", false };
    switch (survey->kind) {
    case SV_ONESHOT:
        return program_lack(fd, SV_UP, true);
    case SV_BUNDLE:
        return contents_lack(fd);
    default:
        return program_lack(fd, SV_RUN, false);
    }
}

struct lack survey_lack(const struct survey *survey, int fd)
{
    struct lack lack = kind_lack(survey, fd);

    if (lack.what == NULL && survey->has_log && survey->kind != SV_BUNDLE)
        lack = program_lack(fd, SV_LOG "/" SV_RUN, false);
    if (lack.what == NULL && survey->bytes > SURVEY_BYTES_MAX)
        return (struct lack){ "the definition",
                              "holds more than 16 MiB beside data/ and env/",
                              "holds less", false };
    return lack;
}
