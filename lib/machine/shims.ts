// The old scripts' names in the folder, each a few lines that hand over to this program: aliases, agents and habits go
// on working. The folder is shared, so nothing in them is of one machine alone.
import { chmodSync, lstatSync, mkdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { Failure, systemCode } from "../failure.ts";
import { quoted } from "../paste.ts";
import { writeDurably } from "./durable.ts";
import { setAside } from "./set-aside.ts";

/** Says that the file is ours to replace. */
const WRITTEN_BY_US = "written by petesbrain-sync shims install";
const PLACE = "shared/scripts";
const RUNNABLE = 0o755;
const NOT_INSTALLED = "petesbrain-sync is not installed on this machine, or not where it is looked for";

/** POSIX sh. `before` are the words that stand before the script's own. */
function shellShim(before: string): string {
  return `#!/bin/sh
# ${WRITTEN_BY_US}: hands over to petesbrain-sync
program=$(command -v petesbrain-sync) || program=
for place in "$HOME/.local/bin" /opt/homebrew/bin /usr/local/bin; do
  if [ -z "$program" ] && [ -x "$place/petesbrain-sync" ]; then program=$place/petesbrain-sync; fi
done
if [ -z "$program" ]; then
  echo "${NOT_INSTALLED}: PATH, ~/.local/bin" >&2
  exit 127
fi
folder=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." 2>/dev/null && pwd -P) || folder=
if [ -e "$folder/.git" ]; then set -- --folder "$folder" "$@"; fi
exec "$program"${before} "$@"
`;
}

const PYTHON_SHIM = `#!/usr/bin/env python3
# ${WRITTEN_BY_US}: hands over to petesbrain-sync
import os
import sys

places = os.environ.get("PATH", "").split(os.pathsep)
places += [os.path.expanduser("~/.local/bin"), "/opt/homebrew/bin", "/usr/local/bin"]
found = [os.path.join(place, "petesbrain-sync") for place in places if place]
found = [path for path in found if os.path.isfile(path) and os.access(path, os.X_OK)]
if not found:
    sys.stderr.write("${NOT_INSTALLED}: PATH, ~/.local/bin\\n")
    sys.exit(127)
folder = os.path.dirname(os.path.dirname(os.path.dirname(os.path.realpath(__file__))))
chosen = ["--folder", folder] if os.path.exists(os.path.join(folder, ".git")) else []
os.execv(found[0], [found[0], "verify"] + chosen + sys.argv[1:])
`;

/** Every shim's text, by its name. */
export const SHIMS: Readonly<Record<string, string>> = {
  "sync-petesbrain-v2.sh": shellShim(""),
  "rollback-sync.sh": shellShim(" rollback"),
  "verify-sync-integrity.py": PYTHON_SHIM,
};

/** The folder of the shims, made where it is missing. @throws Failure `halted` when it is reached through a link */
function placeOf(folder: string): string {
  const steps = [join(folder, "shared"), join(folder, PLACE)];
  for (const step of steps) {
    if (lstatSync(step, { throwIfNoEntry: false })?.isSymbolicLink() !== true) continue;
    throw new Failure("halted", {
      cause: `${step} is a link, and may lead out of the folder; nothing is written there`,
      remedy: [`ls -ld ${quoted(step)}`],
    });
  }
  const place = join(folder, PLACE);
  mkdirSync(place, { recursive: true });
  return place;
}

function textOf(path: string): string | null {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return null;
  return stat.isFile() ? readFileSync(path, "utf8") : "";
}

function isRunnable(path: string): boolean {
  return (lstatSync(path).mode & 0o111) === 0o111;
}

/**
 * Puts the shims in place; a file of another's under such a name is kept beside.
 * @returns what was done, empty when all was as it should be
 * @throws Failure `halted`, `permission-denied`
 */
export function installShims(folder: string): string[] {
  const deeds: string[] = [];
  try {
    const place = placeOf(folder);
    for (const [name, text] of Object.entries(SHIMS)) {
      const path = join(place, name);
      const there = textOf(path);
      if (there === text && isRunnable(path)) continue;
      if (there !== null && !there.includes(WRITTEN_BY_US))
        deeds.push(`kept ${PLACE}/${name} as ${relative(folder, setAside(path))}`);
      writeDurably(path, text);
      chmodSync(path, RUNNABLE);
      deeds.push(`wrote ${PLACE}/${name}`);
    }
    return deeds;
  } catch (error) {
    const code = systemCode(error);
    if (code === null) throw error;
    throw new Failure("permission-denied", {
      cause: `${join(folder, PLACE)} cannot be written (${code})`,
      remedy: [`ls -ld ${quoted(join(folder, PLACE))}`],
      because: error,
    });
  }
}
