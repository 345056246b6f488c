// What a rollback would change, as lines of a diff for a person to look at. Local files are left out: what they hold is
// often a credential, and a screen is no place for it.
import { pathMatcher } from "../machine/globs.ts";
import type { Session } from "./session.ts";
import type { Union } from "./unite.ts";
import type { WholeFolder } from "./whole-folder.ts";

const FILES = 20;
const LINES = 120;
const OPTIONS = ["-p", "-r", "--no-color", "--no-ext-diff", "--no-textconv", "--no-renames", "--full-index"];

/** The first lines of the difference; the last line says what was left out. */
export async function diffOf(session: Session, { tree }: WholeFolder, union: Union): Promise<string[]> {
  const isLocal = pathMatcher(session.context.settings.local);
  const shown = union.incoming.map(({ path }) => path).filter((path) => !isLocal(path));
  if (tree === null || shown.length === 0) return [];
  const names = shown.slice(0, FILES);
  const args = ["diff-tree", ...OPTIONS, "--end-of-options", tree, union.tree, "--", ...names];
  const { stdout } = await session.git.run(args);
  // what is not UTF-8 becomes a mark; the terminal escapes the rest
  const lines = Buffer.from(stdout).toString("utf8").trimEnd().split("\n");
  const text = lines.filter((line) => !/^(?:index |diff --git )/.test(line));
  const rest = text.length - LINES;
  const more = shown.length - names.length;
  return [
    ...text.slice(0, LINES),
    ...(rest > 0 ? [`… and ${rest} lines more`] : []),
    ...(more > 0 ? [`… and ${more} files more, which are not shown`] : []),
  ];
}
