// Runs the person's editor on a copy of a content, in a private place that is gone afterwards.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { systemCode } from "../lib/failure.ts";
import type { Environment } from "../lib/machine/context.ts";

export interface EditorPlace {
  readonly environment: Environment;
  /** An existing directory; a private one is made in it. */
  readonly scratch: string;
  /** What it prints goes to standard error: standard output is for one object. */
  readonly json?: boolean;
  /** Told in one line why nothing came of it. */
  readonly complain: (line: string) => void;
}

const LONGEST_NAME = 80;

/** `$VISUAL`, else `$EDITOR`, else `vi`: words of a shell, arguments included. */
export function editorOf(environment: Environment): string {
  const wanted = [environment["VISUAL"], environment["EDITOR"]].find((words) => (words ?? "").trim() !== "");
  return wanted ?? "vi";
}

/** What the file holds when the editor has ended; null when it failed or left no file. */
export async function editContent(
  path: string,
  initial: Uint8Array,
  { environment, scratch, json = false, complain }: EditorPlace,
): Promise<Uint8Array | null> {
  let directory: string | null = null;
  try {
    // mkdtemp(3) makes it with mode 0700
    directory = mkdtempSync(join(scratch, "petesbrain-sync-edit-"));
    const file = join(directory, nameFor(path));
    writeFileSync(file, initial, { mode: 0o600, flag: "wx" });
    const editor = editorOf(environment);
    // as git does: the shell splits the editor's words; the file's name is an argument and no part of the script
    const child = Bun.spawn(["/bin/sh", "-c", `${editor} "$1"`, "sh", file], {
      env: environment,
      stdio: ["inherit", json ? 2 : "inherit", "inherit"],
    });
    const exit = await child.exited;
    if (exit === 0) return readFileSync(file);
    const why =
      exit === 127 ? "it is not installed: set VISUAL or EDITOR" : `it ended with ${child.signalCode ?? exit}`;
    complain(`the editor (${editor}) changed nothing: ${why}`);
    return null;
  } catch (error) {
    complain(`the editor changed nothing: ${systemCode(error) ?? String(error)}`);
    return null;
  } finally {
    if (directory !== null) rmSync(directory, { recursive: true, force: true });
  }
}

/** The file's own name, so that the editor knows what it is, without what could trouble a program that shows it. */
function nameFor(path: string): string {
  return (
    basename(path)
      .replace(/[^\w.-]/g, "_")
      .replace(/^[.-]+/, "")
      .slice(-LONGEST_NAME) || "conflict"
  );
}
