// Times that a file must not get when a rollback puts it back: those of the version that is in its place, and of the one
// in git's index, which a rollback leaves as it is. With the same size and the same time the other content would look
// like rot, to git as well as to us; a pull and its rollback can fall into the same two seconds.
import { join } from "node:path";
import { IndexBytes } from "../git/index-bytes.ts";
import { recordedTimes } from "../git/index-stat.ts";
import type { Change } from "../git/parse.ts";
import { statOf } from "../integrity/file-state.ts";
import type { IndexLook } from "../snapshot/private-index.ts";
import type { Session } from "./session.ts";

/** Modification times in nanoseconds, by path. */
export async function timesTaken(
  session: Session,
  index: IndexLook,
  changes: readonly Change[],
): Promise<Map<string, readonly bigint[]>> {
  // one that is not there now may be in the index all the same
  const paths = changes.flatMap(({ path, after }) => (after === null ? [] : [path]));
  if (paths.length === 0) return new Map();
  const { oidBytes } = await session.configuration;
  const recorded =
    index.state === null ? new Map() : IndexBytes.read(index.path, (bytes) => recordedTimes(bytes, paths, oidBytes));
  return new Map(
    paths.map((path) => {
      const here = statOf(join(session.repository.folder, path))?.mtimeNs;
      const known: bigint | undefined = recorded.get(path)?.mtimeNs;
      return [path, [here, known].filter((time) => time !== undefined)];
    }),
  );
}
