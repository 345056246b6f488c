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
 * A line of a remedy for the screen: what it is for, if it says so, and then the command alone. A Mac's own shell, zsh,
 * takes no comment behind a command that is typed or pasted.
 */
export function spoken(line: string): string[] {
  const [command = "", ...says] = line.split(/\s{2,}#\s/);
  return says.length === 0 ? [line] : [`# ${says.join(" # ")}`, command];
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
  const [code = ""] = line.split(/\s#\s/);
  return code.split(/&&|;|\|/).some((part) => {
    const [program = "", ...words] = part.match(/(?:'[^']*'|[^\s'])+/g) ?? [];
    if (program === "git") return words[0] !== "-C" && !part.includes(" --global ");
    return ON_PATHS.includes(program) && words.some((word) => !/^(?:-|'?[/~])/.test(word));
  });
}
