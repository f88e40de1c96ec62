/* SPDX-License-Identifier: ISC */
/*
 * complete.c - completions: what bash and zsh need to complete svctl's words.
 *
 * Verbs, options and words are in the script, from the tables of verbs.c; the
 * names of services are asked for when one is to be completed.  A name may hold
 * anything: the scripts never let the shell read one as its own language.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sv/paths.h"
#include "sv/say.h"
#include "svctl/ask.h"
#include "svctl/show.h"
#include "svctl/verbs.h"

/* The options that take an argument, as a pattern of case. */
static void print_takers(void)
{
    const char *bar = "";

    for (const struct verb_option *option = verb_options; option->name;
         option++) {
        if (!option->arg)
            continue;
        if (option->has_short)
            printf("%s-%c", bar, option->letter);
        printf("%s--%s", option->has_short ? "|" : bar, option->name);
        bar = "|";
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

/* In capitals, a word of the usage stands for something. */
static void print_word(const char *word)
{
    if (islower((unsigned char)*word))
        printf(" %s", word);
    else if (strcmp(word, "VERB") == 0)
        for (const struct verb *verb = verbs; verb->name; verb++)
            printf(" %s", verb->name);
}

/* Of one verb: its options and words, and what the shell is to look up. */
static void print_verb(const struct verb *verb)
{
    const char *args = verb->args;
    char word[WORD_MAX];
    bool has_names = false;
    bool has_dirs = false;

    printf("    %s) offers='", verb->name);
    print_options(verb);
    while (verb_next_word(&args, word)) {
        print_word(word);
        has_names = has_names || strcmp(word, "NAME") == 0;
        has_dirs = has_dirs || strcmp(word, "DIR") == 0;
    }
    printf("'%s%s ;;\n", has_names ? " names=1" : "",
           has_dirs ? " dirs=1" : "");
}

/* What both shells read alike.  $@ are the words between svctl and the one to
 * be completed; sets offers, names, dirs, and tree. */
static void print_common(void)
{
    fputs("_svctl_look() {\n"
          "    verb= offers= names= dirs= tree=()\n"
          "    while [ $# -gt 0 ]; do\n"
          "        case $1 in\n"
          "        -r|--run) tree=(-r \"${2-}\") ;;\n"
          "        esac\n"
          "        case $1 in\n"
          "        ", stdout);
    print_takers();
    fputs(") [ $# -gt 1 ] || { offers=- dirs=1; return; }; shift ;;\n"
          "        -*) ;;\n"
          "        *) verb=${verb:-$1} ;;\n"
          "        esac\n"
          "        shift\n"
          "    done\n"
          "    case $verb in\n"
          "    '') offers='", stdout);
    print_word("VERB");
    print_options(NULL);
    fputs("' ;;\n", stdout);
    for (const struct verb *verb = verbs; verb->name; verb++)
        print_verb(verb);
    fputs("    esac\n"
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
          "    local verb offers names dirs tree name\n"
          "    local word=${COMP_WORDS[COMP_CWORD]}\n"
          "    COMPREPLY=()\n"
          "    _svctl_look \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"\n"
          "    for name in $offers; do\n"
          "        [[ $name == - ]] || _svctl_add \"$name\"\n"
          "    done\n"
          "    if [[ $names ]]; then\n"
          "        while IFS= read -r name; do _svctl_add \"$name\"; done < \\\n"
          "            <(svctl \"${tree[@]}\" completions names 2>/dev/null)\n"
          "    fi\n"
          "    if [[ $dirs ]]; then\n"
          "        while IFS= read -r name; do _svctl_add \"$name\"; done < \\\n"
          "            <(compgen -d -- \"$word\")\n"
          "    fi\n"
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
          "    local verb offers names dirs tree\n"
          "    local -a before found\n"
          "    before=(\"${(@)words[2,CURRENT-1]}\")\n"
          "    _svctl_look \"$before[@]\"\n"
          "    [[ $offers == - ]] || found=(${=offers})\n"
          "    if [[ -n $names ]]; then\n"
          "        found+=(\"${(@f)$(svctl \"$tree[@]\" completions names "
          "2>/dev/null)}\")\n"
          "    fi\n"
          "    compadd -a found\n"
          "    [[ -z $dirs ]] || _files -/\n"
          "}\n"
          "# A file of fpath is the body of _svctl when that is first called.\n"
          "if [[ ${funcstack[1]} == _svctl ]]; then\n"
          "    _svctl \"$@\"\n"
          "else\n"
          "    compdef _svctl svctl\n"
          "fi\n", stdout);
}

/* A name with a newline in it cannot be completed. */
static int print_names(const struct call *call)
{
    struct tree *tree = tree_open(call, NO_TIMEOUT);
    struct rows rows = {0};

    tree_list(tree, &rows);
    rows_sort(&rows);
    for (size_t i = 0; i < rows.count; i++)
        if (!strchr(rows.rows[i].name, '\n'))
            puts(rows.rows[i].name);
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
