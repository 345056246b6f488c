// Folders that macOS keeps from programs without a grant, and those that a cloud service keeps copies of: an agent in
// such a place works by hand and fails on schedule.
import { isAbsolute, relative } from "node:path";

export interface ProtectedPlace {
  /** The folder that is protected, as people know it. */
  readonly where: string;
  /** A cloud service writes there too. */
  readonly isCloud: boolean;
}

const PLACES: readonly (readonly [path: string, where: string, isCloud: boolean])[] = [
  ["Documents", "~/Documents", false],
  ["Desktop", "~/Desktop", false],
  ["Downloads", "~/Downloads", false],
  ["Library/Mobile Documents", "iCloud Drive", true],
  ["Library/CloudStorage", "a cloud service's folder", true],
];

function isInside(path: string, folder: string): boolean {
  const way = relative(folder, path);
  return way === "" || !(way.startsWith("..") || isAbsolute(way));
}

/** Which protected place a path lies in; null for none. Both absolute. */
export function protectedPlace(path: string, home: string): ProtectedPlace | null {
  for (const [below, where, isCloud] of PLACES) {
    if (isInside(path, `${home}/${below}`)) return { where, isCloud };
  }
  return isInside(path, "/Volumes") ? { where: "an external or network volume", isCloud: false } : null;
}
