// Words of the commands that remedies offer, as every POSIX shell reads them, and where they hold. Everyone may import
// this file; it imports nothing.

/** A text as one word, always in quotes. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

/** A text as one word, in quotes only where it needs them. */
export function pasted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : quoted(text);
}

/**
 * A line of a remedy for the screen: what it is for, if it says so, and then the command alone; what can be done instead
 * comes after it. A Mac's own shell, zsh, takes no comment behind a command that is typed or pasted.
 */
export function spoken(line: string): string[] {
  const [, command = "", says] = COMMENTED.exec(line) ?? [];
  if (says === undefined) return [line];
  const [, first, or, instead] = OTHERWISE.exec(says) ?? [];
  if (or === undefined || instead === undefined) return [`# ${harmless(says)}`, command];
  return [...(first === undefined ? [] : [`# ${harmless(first)}`]), command, `# ${harmless(or)}:`, instead];
}

/** The command of a line, without what is said of it. */
export function commandOf(line: string): string {
  return COMMENTED.exec(line)?.[1] ?? line;
}

/** A command, and after two blanks or more a comment; what stands between quotes is neither. */
const COMMENTED = /^((?:\\.|'[^']*'|[^'\\])*?)\s{2,}#\s(.*)$/s;

/** A comment that names another command, perhaps after what the first one is for. */
const OTHERWISE = /^(?:([^;]*); )?(or(?:, [^:]*)?|to take it back): (.+)$/s;

/** Pasted along with its command, zsh takes a comment for a command: nothing in it may begin a word that does not end. */
function harmless(says: string): string {
  return says.replaceAll(";", ",").replace(/(\p{L})'(?=\p{L})/gu, "$1’");
}

/** Programs that take paths, or `.`, as they are. */
const ON_PATHS = ["ls", "mv", "rm", "df"];

/**
 * A remedy for somebody who is not at the top of the folder: the way there comes first, where one of its commands needs it.
 * @param isDefault our own commands find the folder by themselves; otherwise they would work on another one
 */
export function fromElsewhere(
  remedy: readonly string[],
  folder: string,
  { isDefault }: { isDefault: boolean },
): string[] {
  const isKnown = remedy[0]?.startsWith("cd ") === true;
  const needsWay = (line: string): boolean => holdsAtTop(line) || (!isDefault && line.startsWith("petesbrain-sync "));
  return !isKnown && remedy.some(needsWay) ? [`cd ${pasted(folder)}`, ...remedy] : [...remedy];
}

/** True for a line with a command that means the repository it is given in, or a path below it. */
function holdsAtTop(line: string): boolean {
  const code = commandOf(line);
  return code.split(/&&|;|\|/).some((part) => {
    const [program = "", ...words] = part.match(/(?:\\.|'[^']*'|[^\s'\\])+/g) ?? [];
    if (program === "git") return words[0] !== "-C" && !part.includes(" --global ");
    return ON_PATHS.includes(program) && words.some((word) => !/^(?:-|'?[/~])/.test(word));
  });
}
