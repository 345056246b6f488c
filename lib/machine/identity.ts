// How a run is named and what its commits carry.

/** A run's name: UTC second of its start and four random hexadecimal digits, `20260104T102500Z-4f2a`. Sorts by time. */
export function runName(now: Date): string {
  const stamp = now
    .toISOString()
    .replace(/[-:]/g, "")
    .replace(/\.\d+Z$/, "Z");
  const random = crypto.getRandomValues(new Uint8Array(2));
  return `${stamp}-${Buffer.from(random).toString("hex")}`;
}

/** When a run of that name began, or null when the text is no run's name. */
export function runStart(run: string): Date | null {
  const match = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z-[0-9a-f]{4}$/.exec(run);
  if (match === null) return null;
  const [, year, month, day, hour, minute, second] = match;
  return new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
}
