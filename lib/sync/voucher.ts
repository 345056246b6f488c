// The machine that vouches for a commit, for commands that only read: by the records of the last fetch.
import { locateRepository } from "../git/repository.ts";
import type { Git } from "../git/shell.ts";
import type { Manifest } from "../integrity/manifest.ts";
import type { Context } from "../machine/context.ts";
import { voucherOf } from "./attest.ts";
import { readRecords } from "./records.ts";

export interface Voucher {
  readonly name: string;
  readonly role: string;
  /** ISO 8601, UTC, by that machine's clock. */
  readonly at: string;
}

/** Who vouches for a commit, and for which content; null where no machine does. */
export async function voucherFor(
  git: Git,
  context: Context,
  commit: string,
): Promise<{ readonly voucher: Voucher; readonly manifest: Manifest } | null> {
  const records = await readRecords(git, locateRepository(context.folder), context.settings.remote);
  const by = voucherOf(records, commit);
  if (by === null) return null;
  const { id, name, role } = by.machine;
  const record = records.find((seen) => seen.id === id)?.record;
  return record == null ? null : { voucher: { name, role, at: record.at }, manifest: by.manifest };
}
