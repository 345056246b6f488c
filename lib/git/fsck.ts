// The object store as git itself proves it: every object read, hashed and followed.
import type { Git } from "./shell.ts";

export interface StoreCheck {
  readonly sound: boolean;
  /** What git complained of, the first lines. */
  readonly says: readonly string[];
  /** Objects that the complaints name. */
  readonly objects: readonly string[];
}

const LONGEST_MS = 4 * 60 * 60 * 1000;
const SAID = 20;
const COMPLAINT = /^(?:error|fatal|missing|broken)\b/;

/** Runs `git fsck --full`: only its exit code decides (git-fsck(1)); its words are for people. */
export async function checkStore(git: Git): Promise<StoreCheck> {
  const answer = await git.run(["fsck", "--full", "--no-dangling", "--no-progress"], {
    accept: Array.from({ length: 129 }, (_, code) => code),
    timeoutMs: LONGEST_MS,
  });
  if (answer.exit === 0) return { sound: true, says: [], objects: [] };
  const lines = `${answer.stderr}\n${Buffer.from(answer.stdout).toString("utf8")}`.split("\n");
  const says = lines.map((line) => line.trim()).filter((line) => COMPLAINT.test(line));
  const objects = new Set(says.flatMap((line) => line.match(/\b(?:[0-9a-f]{64}|[0-9a-f]{40})\b/g) ?? []));
  return { sound: false, says: says.slice(0, SAID), objects: [...objects].sort() };
}
