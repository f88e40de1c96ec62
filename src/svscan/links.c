/* SPDX-License-Identifier: ISC */
/*
 * links.c - who needs whom, for svctl.
 *
 * The graph may change between two messages: a place in it is the number of a
 * node, and of a link from there, not a pointer.
 */
#include "svscan/client.h"

/* The newest of the nodes that are still to come; NULL: none. */
static const struct graph_node *node_from(const struct graph *graph,
                                          uint64_t number)
{
    const struct graph_node *node = graph->first;

    while (node && node->number > number)
        node = node->next;
    return node;
}

static enum sv_link kind_of(const struct graph_node *node)
{
    if (!node->is_defined)
        return SV_LINK_MISSING;
    return node->is_bundle ? SV_LINK_BUNDLE : SV_LINK_SERVICE;
}

/* What there is to know of a node comes before its edges. */
enum { LINK_KIND, LINK_ESSENTIAL, LINK_BLAME, LINK_EDGES };

static void put_blame(struct sv_wire_out *out, const struct graph_node *node)
{
    struct graph_blame blame = graph_blame(node);

    if (node->is_defined && !node->is_up && blame.whom)
        sv_wire_put_link(out, (uint8_t)blame.why, node->name,
                         blame.whom->name);
}

static void put_edge(struct sv_wire_out *out, const struct graph_edge *edge)
{
    static const uint8_t letters[GRAPH_KINDS] = {
        [GRAPH_NEEDS] = SV_LINK_NEEDS,
        [GRAPH_AFTER] = SV_LINK_AFTER,
        [GRAPH_HOLDS] = SV_LINK_HOLDS,
        [GRAPH_FEEDS] = SV_LINK_NEEDS,
    };

    if (edge->kind != GRAPH_READS) /* who reads needs nobody for it */
        sv_wire_put_link(out, letters[edge->kind], edge->from->name,
                         edge->to->name);
}

/* The i-th; nothing, where there is nothing to say. */
static void put_link(struct sv_wire_out *out, const struct graph_node *node,
                     size_t i)
{
    if (i == LINK_KIND)
        sv_wire_put_link(out, (uint8_t)kind_of(node), node->name, "");
    else if (i == LINK_ESSENTIAL && node->is_essential)
        sv_wire_put_link(out, SV_LINK_ESSENTIAL, node->name, "");
    else if (i == LINK_BLAME)
        put_blame(out, node);
    else if (i >= LINK_EDGES)
        put_edge(out, &node->out[i - LINK_EDGES]);
}

/* False: the message is full. */
static bool put_node(struct client *client, struct sv_wire_out *out,
                     const struct graph_node *node)
{
    if (node->number != client->next_node)
        client->next_link = 0;
    client->next_node = node->number;
    for (; client->next_link < LINK_EDGES + node->outs; client->next_link++) {
        put_link(out, node, client->next_link);
        if (out->full)
            return false;
    }
    client->next_node--;
    client->next_link = 0;
    return true;
}

void request_tell_links(struct client *client)
{
    const struct serve_hooks *hooks = &client->serve->hooks;
    struct sv_wire_out *out = client_begin(client, SV_WIRE_LINKS);
    const struct graph_node *node =
        node_from(hooks->graph(hooks->context), client->next_node);

    for (; node; node = node->next)
        if (!put_node(client, out, node)) {
            client_post(client);
            return;
        }
    client_finish(client);
}
