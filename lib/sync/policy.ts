// The policy that holds for a merge: that of the folder's own settings as they will be after it, so that both machines
// merge by the same rules whichever of them is first.
import { smallContents } from "../git/cat-file.ts";
import type { Change } from "../git/parse.ts";
import { classesIn, type FileClass } from "../machine/settings-classes.ts";
import { type Classified, classifier } from "../merge/classes.ts";
import type { Session } from "./session.ts";

const SETTINGS = ".petesbrain-sync.toml";
const MOST_BYTES = 1_000_000;

/**
 * The class of every path both sides changed.
 * @throws {Failure} `config-invalid` when the settings that arrive are wrong, naming their line.
 */
export async function policyFor(
  session: Session,
  ours: readonly Change[],
  theirs: readonly Change[],
): Promise<(path: string) => Classified> {
  const { settings } = session.context;
  const arriving = theirs.find(({ path }) => path === SETTINGS);
  const here = ours.find(({ path }) => path === SETTINGS);
  if (arriving === undefined || arriving.after?.oid === here?.after?.oid) return classifier(settings.classes);
  if (here !== undefined) return undecided(classifier(settings.classes));
  return classifier(await classesOfArriving(session, arriving));
}

async function classesOfArriving(session: Session, { after }: Change): Promise<readonly FileClass[]> {
  const [text] = after === null ? [null] : await smallContents(session.git, [after.oid], MOST_BYTES);
  const { parseSettingsFile } = await import("../machine/settings-file.ts");
  const shown = `${SETTINGS} (as it arrives)`;
  return classesIn(shown, parseSettingsFile(shown, "folder", text?.toString("utf8") ?? ""));
}

/** Both machines changed the policy itself: until a person has chosen, nothing is decided by either. */
function undecided(known: (path: string) => Classified): (path: string) => Classified {
  return (path) => (path === SETTINGS ? { ...known(path), policy: "merge" } : { ...known(path), policy: "ask" });
}
