// Random histories without end: `bun run test:random [--attributes] [HOW-MANY] [FIRST-SEED]`. Ends with 1 at the first broken
// promise and prints the seed, which plays the same history again.
import { playAttributes } from "../support/attribute-history.ts";
import { playHistory } from "../support/random-history.ts";

const words = process.argv.slice(2);
const [count = "100", first = String(Date.now() % 1_000_000)] = words.filter((word) => word !== "--attributes");
const total = { histories: 0, runs: 0, blocked: 0, killed: 0 };
for (let seed = Number(first); seed < Number(first) + Number(count); seed++) {
  if (words.includes("--attributes")) {
    total.runs += await playAttributes(seed, 40);
    total.histories += 1;
    if (total.histories % 10 === 0) console.log(`seed ${seed}: ${JSON.stringify(total)}`);
    continue;
  }
  const machines = seed % 3 === 0 ? 3 : 2;
  const played = await playHistory({ seed, steps: 40, machines, kills: true });
  total.histories += 1;
  total.runs += played.runs;
  total.blocked += played.blocked;
  total.killed += played.killed;
  if (total.histories % 10 === 0) console.log(`seed ${seed}: ${JSON.stringify(total)}`);
}
console.log(`every promise held: ${JSON.stringify(total)}`);
