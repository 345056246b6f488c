// Completion scripts for bash, zsh and fish, printed from the tables in completion-tables.ts. Not yargs' own, whose bash
// script needs `mapfile`, which the bash 3.2 of macOS has not, and calls a program inside the executable. Pure.
import type { CompletedCommand, CompletedOption, Filling } from "./completion-tables.ts";
import { PROGRAM } from "./help-form.ts";

export type CompletedShell = "bash" | "zsh" | "fish";

const WRITERS: Readonly<Record<CompletedShell, (commands: readonly CompletedCommand[]) => string[]>> = {
  bash: bashLines,
  zsh: zshLines,
  fish: fishLines,
};

/** The whole script, without the last line break. */
export function completionFor(shell: CompletedShell, commands: readonly CompletedCommand[]): string {
  return WRITERS[shell](commands).join("\n");
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

/** Options that take a value, each once, whatever the command. */
function optionsWithValue(commands: readonly CompletedCommand[]): CompletedOption[] {
  const all = commands.flatMap(({ options }) => options).filter(({ value }) => value !== null);
  return [...new Map(all.map((option) => [option.name, option])).values()];
}

/** The same walk in bash and zsh: which command is being typed, and how many of its words are there already. */
function walk(commands: readonly CompletedCommand[], words: string, from: string, current: string): string[] {
  const valued = optionsWithValue(commands).map(({ name }) => `--${name}`);
  return [
    "  local command='' place=0 at word",
    `  at=${from}`,
    `  while [ "$at" -lt "${current}" ]; do`,
    `    word=\${${words}[$at]}`,
    '    case "$word" in',
    `      ${valued.join("|")}) at=$((at + 1)) ;;`,
    "      -*) ;;",
    `      *) if [ -z "$command" ]; then command=$word; else place=$((place + 1)); fi ;;`,
    "    esac",
    "    at=$((at + 1))",
    "  done",
  ];
}

function bashFilling(filling: Filling): string {
  // nothing offered: readline then completes file names by itself, and quotes them as they need
  if (typeof filling === "string") return "return";
  return `COMPREPLY=($(compgen -W ${quoted(filling.words.join(" "))} -- "$current")); return`;
}

function bashLines(commands: readonly CompletedCommand[]): string[] {
  const values = optionsWithValue(commands).map(
    ({ name, value }) => `    --${name}) ${bashFilling(value ?? "anything")} ;;`,
  );
  const options = commands.map(
    ({ name, options: own }) => `      ${name}) words=${quoted(own.map((option) => `--${option.name}`).join(" "))} ;;`,
  );
  const places = commands.flatMap(({ name, places: own }) =>
    own.map((filling, at) => `    ${name}/${at}) ${bashFilling(filling)} ;;`),
  );
  return [
    `# bash completion for ${PROGRAM}, also for the bash 3.2 of macOS. In ~/.bashrc:  eval "$(${PROGRAM} completion bash)"`,
    "_petesbrain_sync() {",
    `  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD-1]} words=''`,
    "  COMPREPLY=()",
    ...walk(commands, "COMP_WORDS", "1", "$COMP_CWORD"),
    '  case "$previous" in',
    ...values,
    "  esac",
    '  case "$current" in -*)',
    '    case "$command" in',
    ...options,
    "      *) words='--help --version' ;;",
    "    esac",
    '    COMPREPLY=($(compgen -W "$words" -- "$current")); return ;;',
    "  esac",
    '  if [ -z "$command" ]; then',
    `    COMPREPLY=($(compgen -W ${quoted(commands.map(({ name }) => name).join(" "))} -- "$current")); return`,
    "  fi",
    '  case "$command/$place" in',
    ...places,
    "  esac",
    "}",
    `complete -o default -F _petesbrain_sync ${PROGRAM}`,
  ];
}

function zshFilling(filling: Filling): string {
  if (filling === "anything") return "return 1";
  if (filling === "files") return "_files; return";
  if (filling === "folders") return "_files -/; return";
  return `compadd -- ${filling.words.map(quoted).join(" ")}; return`;
}

function zshLines(commands: readonly CompletedCommand[]): string[] {
  const described = (rows: readonly (readonly [string, string])[]): string =>
    rows.map(([name, says]) => quoted(`${name}:${says}`)).join(" ");
  const options = commands.map(
    ({ name, options: own }) =>
      `      ${name}) list=(${described(own.map((option) => [`--${option.name}`, option.says]))}) ;;`,
  );
  return [
    `#compdef ${PROGRAM}`,
    `# zsh completion for ${PROGRAM}. In ~/.zshrc, after compinit:  source <(${PROGRAM} completion zsh)`,
    "_petesbrain_sync() {",
    "  local current=$words[CURRENT] previous=$words[CURRENT-1]",
    "  local -a list",
    ...walk(commands, "words", "2", "$CURRENT"),
    '  case "$previous" in',
    ...optionsWithValue(commands).map(({ name, value }) => `    --${name}) ${zshFilling(value ?? "anything")} ;;`),
    "  esac",
    '  case "$current" in -*)',
    '    case "$command" in',
    ...options,
    "      *) list=('--help:the commands' '--version:the version') ;;",
    "    esac",
    "    _describe -o option list; return ;;",
    "  esac",
    '  if [ -z "$command" ]; then',
    `    list=(${described(commands.map(({ name, says }) => [name, says]))})`,
    "    _describe command list; return",
    "  fi",
    '  case "$command/$place" in',
    ...commands.flatMap(({ name, places }) =>
      places.map((filling, at) => `    ${name}/${at}) ${zshFilling(filling)} ;;`),
    ),
    "  esac",
    "}",
    // found by its name in $fpath, this file is itself the function; sourced, it has to say whose completion it is
    'if [ "$funcstack[1]" = _petesbrain-sync ]; then _petesbrain_sync "$@"; else compdef _petesbrain_sync petesbrain-sync; fi',
  ];
}

function fishFilling(filling: Filling | null): string {
  if (filling === null) return "";
  if (filling === "anything") return " -x";
  if (filling === "files") return " -r -F";
  if (filling === "folders") return " -x -a '(__fish_complete_directories)'";
  return ` -x -a ${fishQuoted(filling.words.join(" "))}`;
}

/** In fish a backslash and a quote are escaped inside single quotes, and nothing else is special there. */
function fishQuoted(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}

function fishLines(commands: readonly CompletedCommand[]): string[] {
  const complete = `complete -c ${PROGRAM}`;
  const lines = [
    `# fish completion for ${PROGRAM}. Once:  ${PROGRAM} completion fish > ~/.config/fish/completions/${PROGRAM}.fish`,
    `${complete} -f`,
    `${complete} -n __fish_use_subcommand -l help -d 'the commands'`,
    `${complete} -n __fish_use_subcommand -l version -d 'the version'`,
  ];
  for (const { name, says, options, places } of commands) {
    lines.push(`${complete} -n __fish_use_subcommand -a ${name} -d ${fishQuoted(says)}`);
    const typed = `-n '__fish_seen_subcommand_from ${name}'`;
    for (const option of options) {
      lines.push(`${complete} ${typed} -l ${option.name}${fishFilling(option.value)} -d ${fishQuoted(option.says)}`);
    }
    const [first] = places;
    if (first === "files" || first === "folders") lines.push(`${complete} ${typed} -F`);
    else if (first !== undefined && first !== "anything")
      lines.push(`${complete} ${typed} -a ${fishQuoted(first.words.join(" "))}`);
  }
  return lines;
}
