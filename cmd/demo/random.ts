// Seeded numbers for the made-up folder: sfc32 (Chris Doty-Humphrey's PractRand), integers only, so that the same seed
// gives the same sequence on every machine.

/** A sequence of numbers that depends on nothing but its seed. */
export class Random {
  private a: number;
  private b: number;
  private c: number;
  private counter = 1;

  constructor(seed: number) {
    this.a = seed | 0;
    this.b = Math.imul(seed, 0x9e3779b1) | 0;
    this.c = 0x5bd1e995 ^ seed;
    // The generator's author advises twelve rounds before the first value, so that near seeds part ways.
    for (let round = 0; round < 12; round += 1) this.next();
  }

  /** A whole number from 0 to 2^32 - 1. */
  next(): number {
    const sum = (this.a + this.b + this.counter) | 0;
    this.counter = (this.counter + 1) | 0;
    this.a = this.b ^ (this.b >>> 9);
    this.b = (this.c + (this.c << 3)) | 0;
    this.c = (((this.c << 21) | (this.c >>> 11)) + sum) | 0;
    return sum >>> 0;
  }

  /** A whole number from `low` to `high`, both included. */
  between(low: number, high: number): number {
    return low + Math.floor((this.next() / 4294967296) * (high - low + 1));
  }

  /** True in `percent` of a hundred cases. */
  chance(percent: number): boolean {
    return this.between(1, 100) <= percent;
  }

  /** One of the list, which must not be empty. */
  pick<T>(list: readonly T[]): T {
    const found = list[this.between(0, list.length - 1)];
    if (found === undefined) throw new Error("nothing to pick from");
    return found;
  }

  /** Digits of a version 4 UUID. */
  uuid(): string {
    const hex = [this.next(), this.next(), this.next(), this.next()]
      .map((n) => n.toString(16).padStart(8, "0"))
      .join("");
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20)}`;
  }

  /** A day of `year`, as `2025-03-09`. */
  day(year: number): string {
    return `${year}-${two(this.between(1, 12))}-${two(this.between(1, 28))}`;
  }

  /** A time of day, as `09:41:07`. */
  time(): string {
    return `${two(this.between(0, 23))}:${two(this.between(0, 59))}:${two(this.between(0, 59))}`;
  }
}

/** A seed that depends on the text and on another seed (FNV-1a over the UTF-16 units). */
export function seedOf(text: string, seed: number): number {
  let hash = 0x811c9dc5 ^ seed;
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return hash >>> 0;
}

function two(value: number): string {
  return value < 10 ? `0${value}` : `${value}`;
}
