// Which rules of the settings and which built-in classes a path falls under, and where each is written.
import { pathMatcher } from "../machine/globs.ts";
import type { Settings } from "../machine/settings.ts";
import { NEVER_SYNC } from "../machine/settings-guards.ts";
import { classifier, meaningOf } from "../merge/classes.ts";

export interface Rule {
  /** `local`, `critical`, `never-sync`, or the name of a class. */
  readonly class: string;
  /** Null for files that no glob matches. */
  readonly glob: string | null;
  /** `built-in` or `<file>:<line>`. */
  readonly source: string;
  readonly means: string;
}

/** The rules for a path, those that decide most first; the class is always there, and last. */
export function rulesFor(path: string, settings: Settings): Rule[] {
  const { name, glob, policy, source } = classifier(settings.classes)(path);
  return [
    ...neverSyncRule(path, settings),
    ...listed("local", path, settings, "stays on this machine; every snapshot has it"),
    ...listed("critical", path, settings, "read in full by every run, and guarded against damage"),
    { class: name, glob, source, means: meaningOf(policy) },
  ];
}

function listed(name: "local" | "critical", path: string, settings: Settings, means: string): Rule[] {
  const glob = settings[name].find((candidate) => pathMatcher([candidate])(path));
  return glob === undefined ? [] : [{ class: name, glob, source: settings.sources[name] ?? "built-in", means }];
}

/** The last glob that matches decides; one with `!` is told too, because it is why the file may leave. */
function neverSyncRule(path: string, settings: Settings): Rule[] {
  const glob = settings.guards.neverSync.findLast((candidate) => pathMatcher([candidate.replace(/^!/, "")])(path));
  if (glob === undefined) return [];
  const isBuiltIn = (NEVER_SYNC as readonly string[]).includes(glob);
  const given = (settings.sources["guards.never_sync"] ?? "").replace(/^built-in and /, "");
  const means = glob.startsWith("!")
    ? "spared by this line: it may be published"
    : "a new file of this name is held back, not published";
  return [{ class: "never-sync", glob, source: isBuiltIn ? "built-in" : given, means }];
}
