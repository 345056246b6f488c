// Says which new files of this folder an arriving ignore file hides: they stay here, and no run takes them along.
import { basename } from "node:path/posix";
import { decodePath, splitRecords } from "../git/parse.ts";
import { named } from "../named.ts";
import type { Proposal } from "./propose.ts";
import type { Session } from "./session.ts";
import type { Here } from "./unite.ts";

const NAMED = 5;

/** Adds a note to the report where files that were new here are ignored once the proposal is carried out. */
export async function noteIgnoredNow(session: Session, { look }: Here, proposal: Proposal): Promise<void> {
  const arrives = proposal.incoming.some(({ path, after }) => after !== null && basename(path) === ".gitignore");
  const added = look.lines.filter(({ kind }) => kind === "untracked").map(({ path }) => path);
  if (!arrives || added.length === 0) return;
  // check-ignore refuses the literal form that all other calls use; `./` switches the magic of a path off
  const input = added.map((path) => `./${path}\0`).join("");
  const call = { input, accept: [0, 1], environment: { GIT_LITERAL_PATHSPECS: "0" } };
  const answer = await session.git.run(["check-ignore", "-z", "--stdin"], call);
  const hidden = [...splitRecords(answer.stdout)].map((record) => decodePath(record).slice("./".length));
  if (hidden.length === 0) return;
  session.report.notes.push(
    `ignored-now: the .gitignore that arrived hides ${named(hidden, NAMED)}: what is ignored stays here and is not synced`,
  );
}
