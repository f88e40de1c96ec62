/* SPDX-License-Identifier: ISC */
/*
 * complete.c - completions: what bash and zsh need to complete svctl's words.
 *
 * Verbs, options and words are in the script, from the tables of verbs.c; the
 * names of services are asked for when one is to be completed.  A name may hold
 * anything: the scripts never let the shell read one as its own language.
 */
#include <ctype.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sv/command.h"
#include "sv/paths.h"
#include "sv/say.h"
#include "sv/service.h"
#include "svctl/ask.h"
#include "svctl/links.h"
#include "svctl/show.h"
#include "svctl/verbs.h"

/* What a word of a usage, in capitals, stands for: what the shell is to look
 * up, or nothing that it could. */
static const char *kind_of(const char *word)
{
    static const char *const kinds[][2] = {
        {"NAME", "names"}, {"DIR", "dirs"},  {"DIRECTORY", "dirs"},
        {"LIVE", "dirs"},  {"ROOT", "dirs"}, {"USER", "users"},
    };

    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(word, kinds[i][0]) == 0)
            return kinds[i][1];
    return "none";
}

/* The options that take a word, and what kind of. */
static void print_takers(void)
{
    for (const struct verb_option *option = verb_options; option->name;
         option++) {
        if (!option->arg)
            continue;
        fputs("        ", stdout);
        if (option->has_short)
            printf("-%c|", option->letter);
        printf("--%s) takes=%s ;;\n", option->name, kind_of(option->arg));
    }
}

static void print_options(const struct verb *verb)
{
    for (const struct verb_option *option = verb_options; option->name;
         option++) {
        if (verb && !verb_heeds(verb, option))
            continue;
        if (option->has_short)
            printf(" -%c", option->letter);
        printf(" --%s", option->name);
    }
}

static void print_verbs(void)
{
    for (const struct verb *verb = verbs; verb->name; verb++)
        printf(" %s", verb->name);
}

static void print_signals(void)
{
    for (int number = 1; number < NSIG; number++)
        if (sv_command_by_signal(number))
            printf(" %s", sv_signal_name(number));
}

/* Of one verb: its options and words, and what the shell is to look up.  The
 * name that new takes is none that is there. */
static void print_verb(const struct verb *verb)
{
    const char *args = verb->args;
    const char *kind = "none";
    bool is_new = strcmp(verb->name, "new") == 0;
    char word[WORD_MAX];

    printf("    %s) offers='", verb->name);
    print_options(verb);
    while (verb_next_word(&args, word)) {
        if (islower((unsigned char)*word))
            printf(" %s", word);
        else if (strcmp(word, "SIG") != 0 && !is_new)
            kind = kind_of(word);
    }
    printf("' kind=%s ;;\n", kind);
}

/* What both shells read alike.  $@ are the words between svctl and the one to
 * be completed; sets offers, kind, and tree. */
static void print_common(void)
{
    fputs("_svctl_look() {\n"
          "    verb= seen=0 offers= kind=none tree=()\n"
          "    while [ $# -gt 0 ]; do\n"
          "        takes=\n"
          "        case $1 in\n", stdout);
    print_takers();
    fputs("        -*) ;;\n"
          "        *) [ -z \"$verb\" ] || seen=$((seen + 1))\n"
          "           verb=${verb:-$1} ;;\n"
          "        esac\n"
          "        [ -z \"$takes\" ] || [ $# -gt 1 ] || "
          "{ kind=$takes; return; }\n"
          "        case $1 in\n"
          "        -r|--run) tree=(-r \"$2\") ;;\n"
          "        esac\n"
          "        [ -z \"$takes\" ] || shift\n"
          "        shift\n"
          "    done\n"
          "    case $verb in\n"
          "    '') offers='", stdout);
    print_verbs();
    print_options(NULL);
    fputs("' ;;\n", stdout);
    for (const struct verb *verb = verbs; verb->name; verb++)
        print_verb(verb);
    fputs("    esac\n"
          "    [ \"$verb $seen\" != 'signal 0' ] || "
          "{ kind=none; offers=\"$offers", stdout);
    print_signals();
    fputs("\"; }\n"
          "}\n\n", stdout);
}

static void print_bash(void)
{
    fputs("# bash completion of svctl, as written by: svctl completions bash\n",
          stdout);
    print_common();
    fputs("_svctl_add() {\n"
          "    [[ $1 == \"$word\"* ]] && COMPREPLY+=(\"$(printf %q \"$1\")\")\n"
          "}\n\n"
          "_svctl() {\n"
          "    local verb seen takes offers kind tree name\n"
          "    local word=${COMP_WORDS[COMP_CWORD]}\n"
          "    COMPREPLY=()\n"
          "    _svctl_look \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"\n"
          "    for name in $offers; do\n"
          "        [[ $name == -* && $word != -* ]] || _svctl_add \"$name\"\n"
          "    done\n"
          "    while IFS= read -r name; do _svctl_add \"$name\"; done < <(\n"
          "        case $kind in\n"
          "        names) svctl \"${tree[@]}\" completions names 2>/dev/null ;;\n"
          "        dirs) compgen -d -- \"$word\" ;;\n"
          "        users) compgen -u -- \"$word\" ;;\n"
          "        esac\n"
          "    )\n"
          "}\n"
          "complete -F _svctl svctl\n", stdout);
}

static void print_zsh(void)
{
    fputs("#compdef svctl\n"
          "# zsh completion of svctl, as written by: svctl completions zsh\n",
          stdout);
    print_common();
    fputs("_svctl() {\n"
          "    local verb seen takes offers kind tree\n"
          "    local -a before found\n"
          "    before=(\"${(@)words[2,CURRENT-1]}\")\n"
          "    _svctl_look \"$before[@]\"\n"
          "    found=(${=offers})\n"
          "    [[ $PREFIX == -* ]] || found=(${found:#-*})\n"
          "    if [[ $kind == names ]]; then\n"
          "        found+=(\"${(@f)$(svctl \"$tree[@]\" completions names "
          "2>/dev/null)}\")\n"
          "    fi\n"
          "    compadd -a found\n"
          "    [[ $kind != dirs ]] || _files -/\n"
          "    [[ $kind != users ]] || _users\n"
          "}\n"
          "# A file of fpath is the body of _svctl when that is first called.\n"
          "if [[ ${funcstack[1]} == _svctl ]]; then\n"
          "    _svctl \"$@\"\n"
          "else\n"
          "    compdef _svctl svctl\n"
          "fi\n", stdout);
}

/* A name with a newline in it cannot be completed. */
static void print_name(const char *name)
{
    if (!strchr(name, '\n'))
        puts(name);
}

/* Of services and bundles. */
static int print_names(const struct call *call)
{
    struct tree *tree = tree_open(call, NO_TIMEOUT);
    struct rows rows = {0};
    struct links links = {0};

    tree_list(tree, &rows);
    rows_sort(&rows);
    for (size_t i = 0; i < rows.count; i++)
        print_name(rows.rows[i].name);
    tree_links(tree, &links);
    for (size_t i = 0; i < links.count; i++)
        if (links.list[i].letter == SV_LINK_BUNDLE)
            print_name(links.list[i].name);
    links_free(&links);
    rows_free(&rows);
    tree_close(tree);
    return SV_EXIT_OK;
}

int verb_completions(const struct call *call)
{
    const char *shell = call->count == 1 ? call->args[0] : "";
    int code = SV_EXIT_OK;

    if (strcmp(shell, "bash") == 0)
        print_bash();
    else if (strcmp(shell, "zsh") == 0)
        print_zsh();
    else if (strcmp(shell, "names") == 0)
        code = print_names(call);
    else
        die_of_usage("completions of what? bash, zsh or names");
    show_end();
    return code;
}
