// `probe`: what `doctor` starts in the shell and under launchd. Every result is printed as soon as it is known, so that
// one that hangs can be told by its absence.
import { formatProbe, LAST_LINE, PROBES, type ProbeName, type ProbeResult, probe } from "../../lib/doctor/probe.ts";
import type { Answer, Call } from "../answer.ts";

const FAR: readonly ProbeName[] = ["remote"];

function chosen(word: string | undefined): readonly ProbeName[] {
  if (word === undefined) return PROBES;
  return PROBES.filter((name) => FAR.includes(name) === (word === "far"));
}

export async function probeCommand(call: Call): Promise<Answer> {
  const context = await call.openContext();
  const probes: ProbeResult[] = [];
  for (const name of chosen(call.invocation.words[0])) {
    const result = await probe(context, name);
    probes.push(result);
    if (!call.invocation.json) call.say(formatProbe(result));
  }
  const object = { schema: 1, command: "probe", exit: 0, probes, failure: null } as const;
  return { object, words: [LAST_LINE], keepFirst: true };
}
