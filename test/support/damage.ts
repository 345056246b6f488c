// What a failing disk does to files: other bytes, and nothing else to be seen.
import { chmodSync, readFileSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Machine } from "./machine.ts";

export const LONG_AGO = new Date("2026-01-04T09:15:32Z");

/** Other bytes of the same length in a file of the folder, with the time put back: what a failing disk does. */
export function rot(machine: Machine, path: string): void {
  rotAt(machine.at(path));
}

/** The same, anywhere on this computer. */
export function rotAt(place: string): void {
  const { atime, mtime } = statSync(place);
  flipBit(place);
  utimesSync(place, atime, mtime);
}

/** Turns over one bit of a file, in its middle unless said. */
export function flipBit(place: string, at?: number): void {
  chmodSync(place, statSync(place).mode | 0o200);
  const bytes = readFileSync(place);
  const n = at ?? bytes.length >> 1;
  bytes[n] = (bytes[n] ?? 0) ^ 1;
  writeFileSync(place, bytes);
}

/** Where a loose object of a repository lies. */
export function looseObject(machine: Machine, oid: string): string {
  return join(machine.folder, ".git/objects", oid.slice(0, 2), oid.slice(2));
}
