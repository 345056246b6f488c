// `verify`: are the files what they were? Against the baseline, and on request against git.
import { type Part, parsePart } from "../../lib/integrity/scrub.ts";
import type { Word } from "../../lib/sync/hold-baseline.ts";
import { verifyFolder } from "../../lib/sync/verify.ts";
import type { Answer, Call, Invocation } from "../answer.ts";
import { PROGRAM } from "../help-form.ts";
import { usage } from "../usage.ts";
import { wordsOfVerify } from "../verify-words.ts";

const WORDS: readonly Word[] = ["pre-sync", "post-sync", "update"];

/** @throws Failure `usage` for words that do not go together. */
function refuseMixtures({ words, all, subset, repair }: Invocation): void {
  const remedy = [`${PROGRAM} verify --help`];
  const [word] = words;
  if (all && subset !== null) throw usage("--all looks at every file, --subset at a part: give one of them", remedy);
  const given = [all ? "--all" : "", subset === null ? "" : "--subset", repair ? "--repair" : ""];
  const option = given.find((name) => name !== "");
  if (word === undefined || option === undefined) return;
  const cause = `${word} is about the baseline and does not go with ${option}`;
  throw usage(cause, [`${PROGRAM} verify ${word}`, ...remedy]);
}

/** @throws Failure `usage` for a value of another form. */
function partGiven(subset: string | null): Part | null {
  const part = subset === null ? null : parsePart(subset);
  if (subset === null || part !== null) return part;
  throw usage(`--subset ${subset} is not a part such as 3/10 or next/10`, [`${PROGRAM} verify --subset next/10`]);
}

export async function verifyCommand(call: Call): Promise<Answer> {
  const { invocation } = call;
  refuseMixtures(invocation);
  const { all, repair, dryRun, yes, verbose } = invocation;
  const subset = partGiven(invocation.subset);
  const word = WORDS.find((known) => known === invocation.words[0]) ?? null;
  const context = await call.openContext();
  const report = await verifyFolder(context, { word, all, subset, repair, dryRun, acceptRot: yes });
  return { object: report, words: wordsOfVerify(report, { word, verbose }), keepFirst: false };
}
