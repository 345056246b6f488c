// What the small files of a release say: `VERSION` (version and commit) and `SHA256SUMS`. Pure.

export interface Version {
  /** As `2.0.1`. */
  readonly version: string;
  readonly commit: string;
}

/** Reads `VERSION COMMIT`; null when it is something else, such as the login page of a hotel. */
export function parseVersionFile(text: string): Version | null {
  const [, version, commit] = /^(\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?) ([0-9A-Za-z-]+)\n$/.exec(text) ?? [];
  return version === undefined || commit === undefined ? null : { version, commit };
}

/** The digests by file name, lines of another form left out. */
export function parseSums(text: string): Map<string, string> {
  const rows = [...text.matchAll(/^([0-9a-f]{64}) [ *]([\w.-]+)$/gm)];
  return new Map(rows.map(([, digest = "", name = ""]) => [name, digest]));
}

/** Below zero when `left` is the older version; what follows a hyphen comes before the version itself (semver.org, 11). */
export function compareVersions(left: string, right: string): number {
  const parts = (text: string): [numbers: number[], hyphenated: string] => {
    const [plain = "", ...rest] = text.split("-");
    return [plain.split(".").map(Number), rest.join("-")];
  };
  const [[leftNumbers, leftRest], [rightNumbers, rightRest]] = [parts(left), parts(right)];
  for (const [at, number] of leftNumbers.entries()) {
    const difference = number - (rightNumbers[at] ?? 0);
    if (difference !== 0) return difference;
  }
  if (leftRest === rightRest) return 0;
  if (leftRest === "" || rightRest === "") return leftRest === "" ? 1 : -1;
  return leftRest < rightRest ? -1 : 1;
}
