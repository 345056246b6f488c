// The full crash campaign: `bun run test:crash [--only WORDS] [--errors] [--kills]`. Every scenario is killed at every
// fault point and met by each system error at every fault point; prints what it did and ends with 1 if a promise broke.
import { failAt, killAt, type Stage, setTheStage } from "../support/crash.ts";
import { SCENARIOS } from "../support/scenarios.ts";

const ERRORS = ["ENOSPC", "EIO", "EACCES"] as const;

const words = process.argv.slice(2);
const only = words.includes("--only") ? (words[words.indexOf("--only") + 1] ?? "") : "";
const both = !words.includes("--errors") && !words.includes("--kills");
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

for (const scenario of SCENARIOS.filter(({ name }) => name.includes(only))) {
  await using stage = await setTheStage(scenario);
  await campaign(stage);
}
console.log(`${tried} cuts, ${broken.length} broken promises`);
process.exitCode = broken.length === 0 && tried > 0 ? 0 : 1;
