// Puts the page of an alert into the folder, whole or not at all, and never through a link: the folder's contents come
// from elsewhere too.
import {
  closeSync,
  constants,
  fsyncSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { systemCode } from "../failure.ts";

/** Relative to the folder; git does not see it, see lib/sync/excludes.ts. */
const PAGES = ["data", "alerts"] as const;
const MOST_TRIES = 60;

/** `data/alerts/sync-alert-20260104-102500.html`, by UTC. */
export function pageName(at: Date): string {
  const [date = "", time = ""] = at.toISOString().split("T");
  return [...PAGES, `sync-alert-${date.replaceAll("-", "")}-${time.slice(0, 8).replaceAll(":", "")}.html`].join("/");
}

/**
 * Writes a page and returns its path, relative to the folder. Where there is one of that second, it takes the next.
 * @throws {Error} of the system, or because something else is where the pages belong.
 */
export function writePage(folder: string, at: Date, html: string): string {
  let place = folder;
  for (const part of PAGES) {
    place = join(place, part);
    requireOwnFolder(place);
  }
  const temporary = join(place, `.new-${crypto.randomUUID()}`);
  try {
    writeFlushed(temporary, html);
    return putInPlace(folder, temporary, at);
  } finally {
    rmSync(temporary, { force: true });
  }
}

function writeFlushed(path: string, text: string): void {
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
  const handle = openSync(path, flags, 0o600);
  try {
    writeFileSync(handle, text);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

/** A link and not a rename: it takes no place that is taken. */
function putInPlace(folder: string, temporary: string, at: Date): string {
  for (let second = 0; second < MOST_TRIES; second++) {
    const name = pageName(new Date(at.getTime() + second * 1000));
    try {
      linkSync(temporary, join(folder, name));
      return name;
    } catch (error) {
      if (systemCode(error) !== "EEXIST") throw error;
    }
  }
  throw new Error(`there are ${MOST_TRIES} pages of this minute already`);
}

function requireOwnFolder(place: string): void {
  try {
    mkdirSync(place);
  } catch (error) {
    if (systemCode(error) !== "EEXIST") throw error;
    if (!lstatSync(place).isDirectory()) throw new Error(`${place} is no folder`);
  }
}
