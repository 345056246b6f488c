// Fault points: named places at which a test build can be made to die or to meet an error. The product build removes
// them whole. They let every step of a run be killed on any system, also where no tracer exists.
import { appendFileSync } from "node:fs";

declare const PETESBRAIN_FAULTS: boolean | undefined;

let passed = 0;

/**
 * Marks a place at which the process may be killed or an error injected. In a test build the environment says what
 * happens: `PETESBRAIN_SYNC_FAULT=kill@N` kills the process (SIGKILL) at the N-th point passed, `ENOSPC@N` (or any
 * other system error name) throws that error there, `hook@N` runs the program `PETESBRAIN_SYNC_FAULT_HOOK` there and
 * goes on when it has ended, and `PETESBRAIN_SYNC_FAULT_LOG=FILE` appends the name of each point passed to FILE, a line
 * each. N counts from 1.
 */
export function faultPoint(name: string): void {
  // Written out here, because the bundler removes the rest of the body only when it can fold this very condition.
  if (typeof PETESBRAIN_FAULTS === "undefined" || !PETESBRAIN_FAULTS) return;
  passed += 1;
  const log = process.env["PETESBRAIN_SYNC_FAULT_LOG"];
  if (log !== undefined) appendFileSync(log, `${name}\n`);
  const wanted = process.env["PETESBRAIN_SYNC_FAULT"];
  if (wanted === undefined) return;
  const [what = "", when = ""] = wanted.split("@");
  if (Number(when) !== passed) return;
  if (what === "kill") process.kill(process.pid, "SIGKILL");
  if (what === "hook") {
    runHook(process.env["PETESBRAIN_SYNC_FAULT_HOOK"] ?? "");
    return;
  }
  throw Object.assign(new Error(`${what}: injected at ${name}`), { code: what });
}

function runHook(program: string): void {
  const ended = Bun.spawnSync([program], { stdin: "ignore", stdout: "ignore", stderr: "ignore" });
  if (ended.exitCode !== 0) throw new Error(`the fault hook ${program} ended with ${ended.exitCode}`);
}
