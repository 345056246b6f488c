// The row about being loud: what a quiet run costs more on a machine with every channel set up than on one with none.
import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Bench } from "./cases.ts";
import type { Row } from "./goals.ts";
import { type Case, spreadOf, timeInRounds } from "./measure.ts";
import { productCommand } from "./trees.ts";

const CHANNELS = `
[email]
to = "me@bench.example"
from = "sync@bench.example"
[[webhook]]
url = "http://127.0.0.1:9/hook"
kind = "json"
`;
const ROUNDS_A_ROUND = 3;

/** Pulls that find nothing to do, in turns; the difference of each two that stand beside each other. */
export async function quietRows(bench: Bench): Promise<Row[]> {
  const command = productCommand(bench.trees, "laptop", [bench.product, "pull"]);
  const settings = join(String(command.environment["HOME"]), ".config");
  const file = join("petesbrain-sync", "config.toml");
  const setUp = (name: string, more: { before: string; after: string }): Case => {
    const place = join(bench.scratch, `settings-${name}`);
    cpSync(settings, place, { recursive: true });
    writeFileSync(join(place, file), `${more.before}${readFileSync(join(settings, file), "utf8")}${more.after}`);
    const environment = { ...command.environment, XDG_CONFIG_HOME: place, SMTP_URL: "smtp://127.0.0.1:9" };
    return { name, command: { ...command, environment } };
  };
  const cases = [
    setUp("none", { before: 'notifications = "off"\n', after: "" }),
    setUp("all", { before: "", after: CHANNELS }),
  ];
  const times = await timeInRounds(cases, bench.rounds * ROUNDS_A_ROUND);
  const without = times.get("none") ?? [];
  const more = (times.get("all") ?? []).map((ms, round) => ms - (without[round] ?? Number.NaN));
  // noise adds to either side alike, so that the smallest difference says nothing: the middle is what counts
  const { median } = spreadOf(more);
  const name = "a quiet pull with every channel set up, more than with none (median)";
  return [{ name, goal: bench.goals.alertMs, unit: "ms", measured: { min: median, median, max: median }, times: null }];
}
