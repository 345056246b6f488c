// The parts of a Mach-O 64 file that signing moves or measures: where they stand, and what they say. Pure over bytes.
// Source: <mach-o/loader.h>; the header and the load commands are little-endian on both Apple architectures.

/** A 64-bit segment, and where its load command stands in the file. */
export interface Segment {
  readonly name: string;
  readonly commandAt: number;
  readonly fileOffset: number;
  readonly fileSize: number;
}

/** A file that can be signed: its signature is the end of `__LINKEDIT`, and `__LINKEDIT` is the end of the file. */
export interface MachO {
  readonly text: Segment;
  readonly linkEdit: Segment;
  readonly signature: { readonly commandAt: number; readonly offset: number };
}

/** Of a segment's load command: byte offsets of the fields that a new signature changes. */
export const SEGMENT_FIELDS = { vmSize: 32, fileSize: 48 } as const;

/** Of LC_CODE_SIGNATURE: byte offset of its size. */
export const SIGNATURE_SIZE_AT = 12;

const HEADER_SIZE = 32;
const MAGIC_64 = 0xfeedfacf;
const LC_SEGMENT_64 = 0x19;
const LC_CODE_SIGNATURE = 0x1d;
const SIGNATURE_ALIGNMENT = 16;

/**
 * Reads the load commands of a thin 64-bit Mach-O file.
 *
 * @throws {Error} when it is another kind of file, or its signature is not the aligned tail that a signer may replace
 */
export function parseMachO(bytes: Buffer): MachO {
  if (bytes.length < HEADER_SIZE || bytes.readUInt32LE(0) !== MAGIC_64)
    throw new Error("not a thin 64-bit Mach-O file");
  const segments = new Map<string, Segment>();
  let signature: { commandAt: number; offset: number; size: number } | null = null;
  for (const { at, command } of loadCommands(bytes)) {
    if (command === LC_SEGMENT_64) {
      const segment = readSegment(bytes, at);
      segments.set(segment.name, segment);
    }
    if (command === LC_CODE_SIGNATURE) {
      signature = { commandAt: at, offset: bytes.readUInt32LE(at + 8), size: bytes.readUInt32LE(at + 12) };
    }
  }
  const text = segments.get("__TEXT");
  const linkEdit = segments.get("__LINKEDIT");
  if (text === undefined || linkEdit === undefined) throw new Error("there is no __TEXT or no __LINKEDIT segment");
  if (signature === null) throw new Error("there is no LC_CODE_SIGNATURE whose place a new signature could take");
  const end = signature.offset + signature.size;
  const isTail = end === bytes.length && end === linkEdit.fileOffset + linkEdit.fileSize;
  if (!isTail || signature.offset < linkEdit.fileOffset || signature.offset % SIGNATURE_ALIGNMENT !== 0) {
    throw new Error(
      `the signature (bytes ${signature.offset} to ${end}) is not the aligned end of __LINKEDIT and file`,
    );
  }
  return { text, linkEdit, signature };
}

function* loadCommands(bytes: Buffer): Generator<{ at: number; command: number }> {
  const count = bytes.readUInt32LE(16);
  const end = HEADER_SIZE + bytes.readUInt32LE(20);
  let at = HEADER_SIZE;
  for (let index = 0; index < count; index++) {
    const size = at + 8 <= bytes.length ? bytes.readUInt32LE(at + 4) : 0;
    if (size < 8 || at + size > end || end > bytes.length) throw new Error(`load command ${index} is cut off`);
    yield { at, command: bytes.readUInt32LE(at) };
    at += size;
  }
}

function readSegment(bytes: Buffer, at: number): Segment {
  return {
    name: bytes.toString("latin1", at + 8, at + 24).replace(/\0.*$/s, ""),
    commandAt: at,
    fileOffset: Number(bytes.readBigUInt64LE(at + 40)),
    fileSize: Number(bytes.readBigUInt64LE(at + SEGMENT_FIELDS.fileSize)),
  };
}
