// The classes of files: what happens to one that both machines changed. The first class whose glob matches decides. The
// folder's own settings put classes before the built-in ones, or replace them; all machines read the same file, so that
// all come to the same result.
import { Failure } from "../failure.ts";
import { quoted } from "../paste.ts";

/** What is done with a file of a class that both machines changed. */
export const POLICIES = ["ask", "by-id", "append", "both", "merge"] as const;

/** `prefer`: the version of the machine with that role, where it is known who wrote which. */
export type Policy = (typeof POLICIES)[number] | { readonly prefer: string };

export interface FileClass {
  readonly name: string;
  /** Relative to the folder; any of them. */
  readonly globs: readonly string[];
  readonly policy: Policy;
  /** `built-in` or `<file>:<line>`. */
  readonly source: string;
}

const SOURCE = "built-in";

/** The built-in classes; what none of them matches is `other`, and merged line by line. */
export const BUILT_IN_CLASSES: readonly FileClass[] = [
  { name: "completed", globs: ["**/tasks-completed.md"], policy: "append", source: SOURCE },
  { name: "logs", globs: ["**/*.log"], policy: "append", source: SOURCE },
  { name: "email archives", globs: ["clients/*/emails/**"], policy: "both", source: SOURCE },
  { name: "tasks", globs: ["clients/*/tasks.json", "roksys/tasks.json"], policy: "ask", source: SOURCE },
  { name: "context", globs: ["clients/*/CONTEXT.md"], policy: "ask", source: SOURCE },
  {
    name: "regenerable",
    globs: ["**/*.html", "**/*.csv", "**/generated/**/*.json", "**/output/**/*.json", "**/reports/**/*.json"],
    policy: { prefer: "desktop" },
    source: SOURCE,
  },
];

/** One `[[class]]` of the folder's settings as it is written there; every value's form has been checked. */
interface WrittenClass {
  readonly name: string | undefined;
  readonly globs: readonly string[] | undefined;
  readonly policy: (typeof POLICIES)[number] | undefined;
  readonly prefer: string | undefined;
  readonly source: string;
}

/** What is wrong with a written class, with where it stands. */
interface ClassFault {
  readonly source: string;
  readonly says: string;
}

/** What a settings file holds, by full key, with the line of each; as `FileValues` of settings-file.ts. */
type Values = ReadonlyMap<string, { readonly value: unknown; readonly line: number }>;

/** A complete class, for messages. */
const CLASS_EXAMPLE = 'class = [{ name = "invoices", globs = ["invoices/**"], policy = "ask" }]';

/**
 * The classes in effect, in order: those of the folder's settings, then the built-in ones unless those are switched off.
 * A written class with the name of a built-in one stands in for it, at its place.
 */
function classesOf(written: readonly WrittenClass[], builtIn: boolean): FileClass[] | ClassFault {
  const own: FileClass[] = [];
  const globs = new Map<string, string>();
  for (const entry of written) {
    const made = classOfWritten(entry);
    if ("says" in made) return made;
    if (own.some(({ name }) => name === made.name))
      return { source: entry.source, says: `the class "${made.name}" is written twice` };
    for (const glob of made.globs) {
      const earlier = globs.get(glob);
      if (earlier !== undefined) return { source: entry.source, says: `the glob "${glob}" cannot match: ${earlier}` };
      globs.set(glob, `the class "${made.name}" has it already`);
    }
    own.push(made);
  }
  if (!builtIn) return own;
  const standIns = new Map(own.map((one) => [one.name, one]));
  const names = new Set(BUILT_IN_CLASSES.map(({ name }) => name));
  return [
    ...own.filter(({ name }) => !names.has(name)),
    ...BUILT_IN_CLASSES.map((one) => standIns.get(one.name) ?? one),
  ];
}

function classOfWritten(entry: WrittenClass): FileClass | ClassFault {
  const { name, globs, policy, prefer, source } = entry;
  const lacking = (what: string): ClassFault => ({ source, says: `a class ${what}; for example: ${CLASS_EXAMPLE}` });
  if (name === undefined) return lacking("needs a name");
  if (globs === undefined || globs.length === 0) return lacking(`needs globs ("${name}" has none)`);
  if (policy !== undefined && prefer !== undefined)
    return lacking(`has either a policy or prefer = "ROLE" ("${name}" has both)`);
  if (policy !== undefined) return { name, globs, policy, source };
  if (prefer !== undefined) return { name, globs, policy: { prefer }, source };
  return lacking(`needs a policy (${POLICIES.join(", ")}) or prefer = "ROLE" ("${name}" has neither)`);
}

/**
 * The classes that the folder's settings make.
 * @throws Failure `config-invalid` for one that is incomplete, or that can never decide
 */
export function classesIn(path: string, values: Values): readonly FileClass[] {
  const at = (key: string): unknown => values.get(key)?.value;
  const written: WrittenClass[] = [];
  for (let n = 0; [...values.keys()].some((key) => key.startsWith(`class[${n}].`)); n++) {
    const lines = [...values].flatMap(([key, { line }]) => (key.startsWith(`class[${n}].`) ? [line] : []));
    written.push({
      name: at(`class[${n}].name`) as string | undefined,
      globs: at(`class[${n}].globs`) as string[] | undefined,
      policy: at(`class[${n}].policy`) as WrittenClass["policy"],
      prefer: at(`class[${n}].prefer`) as string | undefined,
      source: `${path}:${Math.min(...lines)}`,
    });
  }
  const classes = classesOf(written, at("classes.built_in") !== false);
  if (!("says" in classes)) return classes;
  throw new Failure("config-invalid", {
    cause: `${path}, line ${classes.source.slice(path.length + 1)}: ${classes.says}`,
    remedy: [`"\${EDITOR:-nano}" ${quoted(path)}`, "petesbrain-sync config check"],
  });
}
