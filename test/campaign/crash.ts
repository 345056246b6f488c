// The full crash campaign: `bun run test:crash [--only WORDS] [--kills] [--errors] [--calls]`. Every scenario is killed at
// every fault point, met by each system error at every fault point, and (with --calls, which needs strace) killed at
// every real system call that changes files. Prints what it did and ends with 1 if a promise broke.
import { failAt, killAt, killAtSystemCall, type Stage, setTheStage } from "../support/crash.ts";
import { SCENARIOS } from "../support/scenarios.ts";

const ERRORS = ["ENOSPC", "EIO", "EACCES"] as const;
const CALLS = [
  "rename",
  "renameat2",
  "link",
  "linkat",
  "unlink",
  "unlinkat",
  "mkdir",
  "rmdir",
  "symlink",
  "fsync",
  "openat",
];

const words = process.argv.slice(2);
const only = words.includes("--only") ? (words[words.indexOf("--only") + 1] ?? "") : "";
const both = !["--errors", "--kills", "--calls"].some((word) => words.includes(word));
const broken: string[] = [];
let tried = 0;

async function attempt(strike: () => Promise<void>): Promise<void> {
  tried += 1;
  try {
    await strike();
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    broken.push(text);
    console.log(`BROKEN  ${text}`);
  }
}

async function campaign(stage: Stage): Promise<void> {
  const { points, scenario } = stage;
  console.log(`${scenario.name}: ${points.length} points`);
  for (let point = 1; point <= points.length; point++) {
    if (both || words.includes("--kills")) {
      await attempt(() => killAt(stage, point, { twice: false }));
      if (point % 3 === 0) await attempt(() => killAt(stage, point, { twice: true }));
    }
    if (both || words.includes("--errors")) for (const code of ERRORS) await attempt(() => failAt(stage, code, point));
  }
}

async function callsOf(stage: Stage): Promise<void> {
  for (const call of CALLS) {
    let reached = true;
    for (let count = 1; reached; count++) {
      await attempt(async () => {
        reached = await killAtSystemCall(stage, call, count);
      });
    }
  }
}

for (const scenario of SCENARIOS.filter(({ name }) => name.includes(only))) {
  await using stage = await setTheStage(scenario);
  await campaign(stage);
  if (words.includes("--calls")) await callsOf(stage);
}
console.log(`${tried} cuts, ${broken.length} broken promises`);
process.exitCode = broken.length === 0 && tried > 0 ? 0 : 1;
