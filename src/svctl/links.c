/* SPDX-License-Identifier: ISC */
/*
 * links.c - who needs whom, as svscan tells it.
 */
#include <stdlib.h>
#include <string.h>

#include "svctl/keep.h"
#include "svctl/links.h"

static void add_link(void *context, unsigned char letter, const char *name,
                     const char *other)
{
    struct links *links = context;

    links->list = keep_room(links->list, links->count, &links->room,
                            sizeof *links->list);
    links->list[links->count++] =
        (struct link){letter, keep_text(name), keep_text(other)};
}

static void forget_links(void *context)
{
    struct links *links = context;

    for (size_t i = 0; i < links->count; i++) {
        free(links->list[i].name);
        free(links->list[i].other);
    }
    links->count = 0;
}

void links_free(struct links *links)
{
    forget_links(links);
    free(links->list);
    *links = (struct links){0};
}

/* What is known of a name comes before its edges, and these by the other's
 * name, so that what is shown is in one order however svscan keeps it. */
static int compare_links(const void *one, const void *other)
{
    const struct link *a = one;
    const struct link *b = other;
    int order = strcmp(a->name, b->name);

    if (!order)
        order = link_is_edge(a) - link_is_edge(b);
    if (!order && link_is_edge(a))
        order = (b->letter == SV_LINK_NEEDS) - (a->letter == SV_LINK_NEEDS);
    return order ? order : strcmp(a->other, b->other);
}

void tree_links(struct tree *tree, struct links *links)
{
    const struct hearer hearer = {.context = links, .link = add_link};

    forget_links(links);
    tree_begin(tree, SV_WIRE_GRAPH);
    tree_ask_surely(tree, &hearer, forget_links);
    if (links->count)
        qsort(links->list, links->count, sizeof *links->list, compare_links);
}

const struct link *links_of(const struct links *links, const char *name,
                            size_t *count)
{
    size_t low = 0;
    size_t high = links->count;
    size_t end;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (strcmp(links->list[middle].name, name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    end = low;
    while (end < links->count && strcmp(links->list[end].name, name) == 0)
        end++;
    *count = end - low;
    return links->list + low;
}

static const struct link *find_letter(const struct links *links,
                                      const char *name, const char *letters)
{
    size_t count;
    const struct link *link = links_of(links, name, &count);

    for (size_t i = 0; i < count; i++)
        if (strchr(letters, link[i].letter))
            return &link[i];
    return NULL;
}

bool links_have(const struct links *links, const char *name,
                unsigned char letter)
{
    const char letters[] = {(char)letter, 0};

    return find_letter(links, name, letters) != NULL;
}

bool links_hold(const struct links *links, const char *bundle,
                const char *other)
{
    size_t count;
    const struct link *link = links_of(links, bundle, &count);

    for (; count > 0; link++, count--)
        if (link->letter == SV_LINK_HOLDS && strcmp(link->other, other) == 0)
            return true;
    return false;
}

const struct link *links_blame(const struct links *links, const char *name)
{
    static const char letters[] = {
        SV_BLAME_CYCLE,    SV_BLAME_MISSING, SV_BLAME_BROKEN, SV_BLAME_FAILED,
        SV_BLAME_UNWANTED, SV_BLAME_NEEDS,   SV_BLAME_WAITS,  SV_BLAME_AFTER,
        SV_BLAME_UNPAIRED, 0,
    };

    return find_letter(links, name, letters);
}

bool link_is_hard(const struct link *link)
{
    return link->letter == SV_LINK_NEEDS || link->letter == SV_LINK_HOLDS;
}

bool link_is_edge(const struct link *link)
{
    return link_is_hard(link) || link->letter == SV_LINK_AFTER;
}

const char *links_user(const struct links *links, const char *other)
{
    for (size_t i = 0; i < links->count; i++)
        if (link_is_hard(&links->list[i]) &&
            strcmp(links->list[i].other, other) == 0)
            return links->list[i].name;
    return NULL;
}

const char *links_hint(const struct links *links, const struct rows *rows,
                       const char *name, char hint[static HINT_MAX])
{
    struct nearest nearest = nearest_to(name);

    for (size_t i = 0; i < rows->count; i++)
        nearest_try(&nearest, rows->rows[i].name);
    for (size_t i = 0; i < links->count; i++)
        if (links->list[i].letter == SV_LINK_BUNDLE)
            nearest_try(&nearest, links->list[i].name);
    return nearest_hint(&nearest, hint);
}

const char *link_word(const struct link *link)
{
    return link->letter == SV_LINK_NEEDS   ? "needs"
           : link->letter == SV_LINK_AFTER ? "comes after"
                                           : "holds";
}
