// The name under which this machine keeps its record: chosen once for this checkout and kept beside the state.
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { systemCode } from "../failure.ts";

const FILE = "machine-id";
const ID = /^[a-z0-9][a-z0-9-]{0,63}$/;

/** This machine's id: the role it had when the id was chosen, and eight random hexadecimal digits. Made where there is none. */
export function machineId(stateDir: string, role: string): string {
  try {
    const id = readFileSync(join(stateDir, FILE), "utf8").trim();
    if (ID.test(id)) return id;
  } catch (error) {
    if (systemCode(error) !== "ENOENT") throw error;
  }
  return newMachineId(stateDir, role);
}

/** Chooses another id, where the old one turned out to be in use elsewhere: a checkout that was copied has its twin's. */
export function newMachineId(stateDir: string, role: string): string {
  const slug = role
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "")
    .slice(0, 40);
  const random = Buffer.from(crypto.getRandomValues(new Uint8Array(4))).toString("hex");
  const id = slug === "" ? `machine-${random}` : `${slug}-${random}`;
  const path = join(stateDir, FILE);
  writeFileSync(`${path}.new`, `${id}\n`, { mode: 0o600 });
  renameSync(`${path}.new`, path);
  return id;
}
