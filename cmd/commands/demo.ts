// `demo`: two machines and a remote in a scratch folder, told line by line as it happens.
import { resolve } from "node:path";
import type { Answer, Call } from "../answer.ts";
import { runDemo } from "../demo/demo.ts";

export async function demoCommand({ invocation, surroundings, say }: Call): Promise<Answer> {
  const keep = invocation.keep === null ? null : resolve(surroundings.cwd, invocation.keep);
  const { environment, binary } = surroundings;
  const exit = await runDemo({ binary: [...binary], keep, say, environment });
  const object = { schema: 1, command: "demo", exit, kept: keep, failure: null } as const;
  return { object, words: [], keepFirst: false };
}
