// `version` with options beside `--json`, which cmd/main.ts answers without coming here.
import type { Answer, Call } from "../answer.ts";
import { PROGRAM } from "../help-form.ts";

export function versionCommand({ surroundings }: Call): Promise<Answer> {
  const { version, commit } = surroundings;
  const object = { schema: 1, command: "version", exit: 0, version, commit, failure: null } as const;
  return Promise.resolve({ object, words: [`${PROGRAM} ${version} (${commit.slice(0, 12)})`], keepFirst: true });
}
