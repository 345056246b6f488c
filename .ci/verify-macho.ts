// Reads a finished Mach-O file as macOS will, and lists everything it would be refused for. Shares no code with the
// signer, so that a mistake there is not repeated here. Pure over bytes.
import { createHash } from "node:crypto";

export interface Expectation {
  readonly architecture: "arm64" | "x86_64";
  /** As `13.0`. */
  readonly minimumOs: string;
  readonly identifier: string;
  /** Texts that must not be inside, such as the path of the checkout. */
  readonly forbidden: readonly string[];
}

/** Everything that is wrong with the file, one sentence each; empty when nothing is. A file that cannot be read at all has one fault. */
export function faultsOfMachO(file: Uint8Array, expected: Expectation): string[] {
  const all = Buffer.from(file.buffer, file.byteOffset, file.byteLength);
  return orUnreadable(() => {
    const headers = readHeaders(file);
    return [
      ...faultsOfHeaders(headers, expected),
      ...faultsOfPlace(headers, file.byteLength),
      ...orUnreadable(() => faultsOfSignature(file, headers, expected.identifier)),
      ...expected.forbidden.filter((text) => all.includes(text)).map((text) => `it holds the text ${text}`),
    ];
  });
}

function orUnreadable(read: () => string[]): string[] {
  try {
    return read();
  } catch (error) {
    return [`it cannot be read: ${error instanceof Error ? error.message : String(error)}`];
  }
}

interface Headers {
  readonly cpu: number;
  readonly minimumOs: string | null;
  readonly signatures: readonly { readonly start: number; readonly length: number }[];
  readonly text: { readonly start: number; readonly length: number } | null;
  readonly linkEdit: { readonly start: number; readonly length: number; readonly memory: number } | null;
}

/** Load commands, and slots of a signature, of any real program: a few dozen, and a handful. */
const [MOST_COMMANDS, MOST_SLOTS] = [1000, 16];

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function readHeaders(file: Uint8Array): Headers {
  const view = viewOf(file);
  if (view.getUint32(0) !== 0xcffaedfe) throw new Error("its first bytes are not those of a 64-bit Mach-O file");
  let [minimumOs, text, linkEdit]: [string | null, Headers["text"], Headers["linkEdit"]] = [null, null, null];
  const signatures: { start: number; length: number }[] = [];
  const commands = view.getUint32(16, true);
  if (commands > MOST_COMMANDS) throw new Error(`it says that it has ${commands} load commands`);
  for (let seen = 0, at = 32; seen < commands; seen++, at += view.getUint32(at + 4, true)) {
    const kind = view.getUint32(at, true);
    if (kind === 0x1d) signatures.push({ start: view.getUint32(at + 8, true), length: view.getUint32(at + 12, true) });
    if (kind === 0x32) minimumOs = versionOf(view.getUint32(at + 12, true));
    if (kind !== 0x19) continue;
    const long = (offset: number): number => Number(view.getBigUint64(at + offset, true));
    const name = textAt(file, at + 8, at + 24);
    if (name === "__TEXT") text = { start: long(40), length: long(48) };
    if (name === "__LINKEDIT") linkEdit = { start: long(40), length: long(48), memory: long(32) };
  }
  return { cpu: view.getUint32(4, true), minimumOs, signatures, text, linkEdit };
}

/** Packed as `xxxx.yy.zz`. */
function versionOf(packed: number): string {
  return `${packed >>> 16}.${(packed >>> 8) & 0xff}`;
}

function textAt(bytes: Uint8Array, start: number, limit: number): string {
  const nul = bytes.indexOf(0, start);
  return Buffer.from(bytes.subarray(start, nul === -1 || nul > limit ? limit : nul)).toString("latin1");
}

function faultsOfHeaders({ cpu, minimumOs }: Headers, expected: Expectation): string[] {
  const names = new Map([
    [0x0100000c, "arm64"],
    [0x01000007, "x86_64"],
  ]);
  const architecture = names.get(cpu) ?? `CPU type ${cpu}`;
  const faults: string[] = [];
  if (architecture !== expected.architecture) faults.push(`it is for ${architecture}, not ${expected.architecture}`);
  if (minimumOs !== expected.minimumOs) faults.push(`it asks for macOS ${minimumOs}, not ${expected.minimumOs}`);
  return faults;
}

function faultsOfPlace({ signatures, linkEdit }: Headers, length: number): string[] {
  const [signature] = signatures;
  if (signature === undefined || signatures.length > 1) return [`it has ${signatures.length} signatures, not 1`];
  if (linkEdit === null) return ["it has no __LINKEDIT segment"];
  const faults: string[] = [];
  const end = signature.start + signature.length;
  if (end !== length) faults.push(`the signature ends at byte ${end}, the file at ${length}`);
  const linkEditEnd = linkEdit.start + linkEdit.length;
  if (linkEditEnd !== length) faults.push(`__LINKEDIT ends at byte ${linkEditEnd}, the file at ${length}`);
  if (linkEdit.memory < linkEdit.length) faults.push("__LINKEDIT is larger in the file than in memory");
  if (signature.start % 16 !== 0) faults.push(`the signature begins at byte ${signature.start}, not on 16 bytes`);
  return faults;
}

/** Slots of the signature by number: code directory 0, requirements 2, entitlements 5 and 7, CMS 0x10000. */
function readSlots(signature: Uint8Array): Map<number, Uint8Array> {
  const view = viewOf(signature);
  if (view.getUint32(0) !== 0xfade0cc0) throw new Error("its signature does not begin as one");
  if (view.getUint32(4) !== signature.byteLength) throw new Error("its signature has another length than it says");
  if (view.getUint32(8) > MOST_SLOTS) throw new Error(`its signature says that it has ${view.getUint32(8)} slots`);
  const slots = new Map<number, Uint8Array>();
  for (let index = 0; index < view.getUint32(8); index++) {
    const [slot, start] = [view.getUint32(12 + index * 8), view.getUint32(16 + index * 8)];
    if (slots.has(slot)) throw new Error(`slot ${slot} of its signature is there twice`);
    slots.set(slot, signature.subarray(start, start + view.getUint32(start + 4)));
  }
  return slots;
}

function faultsOfSignature(file: Uint8Array, headers: Headers, identifier: string): string[] {
  const [place] = headers.signatures;
  if (place === undefined) return [];
  const slots = readSlots(file.subarray(place.start, place.start + place.length));
  const directory = slots.get(0);
  if (directory === undefined || viewOf(directory).getUint32(0) !== 0xfade0c02) {
    return ["its signature has no code directory"];
  }
  const extra = [...slots.keys()].filter((slot) => ![0, 2, 0x10000].includes(slot));
  const cms = slots.get(0x10000);
  return [
    ...extra.map((slot) => `its signature has slot ${slot}, which an ad-hoc signature of a plain program has not`),
    ...(cms === undefined || Buffer.from(cms).toString("hex") !== "fade0b0100000008" ? ["its CMS is not empty"] : []),
    ...faultsOfDirectory(directory, headers, place.start, identifier),
    ...faultsOfRequirement(slots.get(2), identifier),
    ...faultsOfSpecialSlots(directory, slots),
    ...faultsOfPages(directory, file),
  ];
}

function faultsOfDirectory(directory: Uint8Array, headers: Headers, limit: number, identifier: string): string[] {
  const view = viewOf(directory);
  const faults: string[] = [];
  const flags = view.getUint32(12);
  if ((flags & 0x10000) !== 0) faults.push("it asks for the hardened runtime, under which it could not compile code");
  if ((flags & ~0x10000) !== 0x2) faults.push(`its flags are 0x${flags.toString(16)}, not 0x2 (ad hoc)`);
  const name = textAt(directory, view.getUint32(20), directory.byteLength);
  if (name !== identifier) faults.push(`its identifier is ${name}, not ${identifier}`);
  if (view.getUint32(32) !== limit) faults.push(`${view.getUint32(32)} bytes are signed, not ${limit}`);
  const [start, length] = [Number(view.getBigUint64(64)), Number(view.getBigUint64(72))];
  const { text } = headers;
  if (text === null || start !== text.start || length !== text.length)
    faults.push("the executable segment is not __TEXT");
  if (view.getBigUint64(80) !== 1n) faults.push("it is not marked as a main program");
  // Scatter, team, a 64-bit limit: a plain program has none.
  if (directory.subarray(40, 64).some((byte) => byte !== 0)) faults.push("its code directory has more than it should");
  if (view.getUint32(8) !== 0x20400)
    faults.push(`its code directory is of version 0x${view.getUint32(8).toString(16)}`);
  return faults;
}

/** The one requirement there must be, compared as a whole: `designated => identifier "…"`. */
function faultsOfRequirement(blob: Uint8Array | undefined, identifier: string): string[] {
  const name = Buffer.from(identifier).toString("hex");
  const padding = "00".repeat((4 - (identifier.length % 4)) % 4);
  const hex = (value: number): string => value.toString(16).padStart(8, "0");
  const inner = 20 + (name.length + padding.length) / 2;
  const head = `fade0c01${hex(20 + inner)}${hex(1)}${hex(3)}${hex(20)}`;
  const wanted = `${head}fade0c00${hex(inner)}${hex(1)}${hex(2)}${hex(identifier.length)}${name}${padding}`;
  const found = blob === undefined ? "" : Buffer.from(blob).toString("hex");
  return found === wanted ? [] : [`its requirement is not: designated => identifier "${identifier}"`];
}

function faultsOfSpecialSlots(directory: Uint8Array, slots: ReadonlyMap<number, Uint8Array>): string[] {
  const view = viewOf(directory);
  const [hashesAt, count] = [view.getUint32(16), view.getUint32(24)];
  // Every number in a damaged file may be huge: none of them is counted up to before it was looked at.
  if (count !== 2) return [`its code directory vouches for ${count} special slots, not 2`];
  const faults: string[] = [];
  for (let slot = 1; slot <= count; slot++) {
    const stored = Buffer.from(directory.subarray(hashesAt - slot * 32, hashesAt - (slot - 1) * 32)).toString("hex");
    const blob = slots.get(slot);
    const actual = blob === undefined ? "00".repeat(32) : createHash("sha256").update(blob).digest("hex");
    if (stored !== actual) faults.push(`the hash of special slot ${slot} is wrong`);
  }
  return faults;
}

function faultsOfPages(directory: Uint8Array, file: Uint8Array): string[] {
  const view = viewOf(directory);
  const [hashesAt, count, limit] = [view.getUint32(16), view.getUint32(28), view.getUint32(32)];
  if (view.getUint32(36) !== 0x2002000c) return ["its pages are not 4096 bytes hashed with SHA-256"];
  if (count !== Math.ceil(limit / 4096)) return [`it has ${count} page hashes for ${limit} bytes`];
  if (hashesAt + count * 32 !== view.getUint32(4)) return ["its code directory is not as long as its page hashes"];
  const wrong: number[] = [];
  for (let page = 0; page < count; page++) {
    const bytes = file.subarray(page * 4096, Math.min((page + 1) * 4096, limit));
    const stored = directory.subarray(hashesAt + page * 32, hashesAt + (page + 1) * 32);
    if (!createHash("sha256").update(bytes).digest().equals(stored)) wrong.push(page);
  }
  return wrong.length === 0 ? [] : [`${wrong.length} of ${count} page hashes are wrong, the first of page ${wrong[0]}`];
}
