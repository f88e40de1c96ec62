/* SPDX-License-Identifier: ISC */
/*
 * links.h - who needs whom, as svscan tells it.
 */
#ifndef SVCTL_LINKS_H
#define SVCTL_LINKS_H

#include <stdbool.h>
#include <stddef.h>

#include "sv/blame.h"
#include "svctl/ask.h"

struct link {
    unsigned char letter; /* of enum sv_link or enum sv_blame */
    char *name;
    char *other;
};

struct links {
    struct link *list; /* sorted by name; of one name, as svscan told them */
    size_t count;
    size_t room;
};

/* Replaces *links by those of the tree.  A svscan that is too old to tell has
 * none.  Exits with 111 where there is no memory. */
void tree_links(struct tree *tree, struct links *links);
void links_free(struct links *links);

/* The first of those of name, and how many there are: none if svscan has
 * nothing to say of it. */
const struct link *links_of(const struct links *links, const char *name,
                            size_t *count);

/* Is that so of name? */
bool links_have(const struct links *links, const char *name,
                unsigned char letter);

/* Is the other among what the bundle holds?  Not what bundles in it hold. */
bool links_hold(const struct links *links, const char *bundle,
                const char *other);

/* Does name need the other, or hold it? */
bool link_is_hard(const struct link *link);

/* Is it an edge, and not something about the name alone? */
bool link_is_edge(const struct link *link);

/* Who is to blame that name is not up, and for what; NULL: nobody is. */
const struct link *links_blame(const struct links *links, const char *name);

/* The first name that needs the other; NULL: none. */
const char *links_user(const struct links *links, const char *other);

/* What is said behind a name that is neither a service's nor a bundle's: one that
 * is, and is much like it, as nearest_hint() has it. */
const char *links_hint(const struct links *links, const struct rows *rows,
                       const char *name, char hint[static HINT_MAX]);

/* What a link that is an edge says: "needs", "comes after", "holds". */
const char *link_word(const struct link *link);

#endif
