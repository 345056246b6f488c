// A Mach-O file of four pages, made here field by field, for the tests of signer and verifier.

export interface SmallMachO {
  readonly cpu?: number;
  /** Packed as `xxxx.yy.zz`. */
  readonly minimumOs?: number;
  /** Bytes of link-edit data before the signature; a signature begins on 16 bytes. */
  readonly linkEditBytes?: number;
  /** Bytes after the end of the signature, where there should be none. */
  readonly trailing?: number;
}

const ARM64 = 0x0100000c;
const TEXT_SIZE = 3 * 4096;
const OLD_SIGNATURE = Buffer.from("an old signature of another maker, which is to go");

function segment(name: string, fileOffset: number, fileSize: number): Buffer {
  const command = Buffer.alloc(72);
  command.writeUInt32LE(0x19, 0);
  command.writeUInt32LE(command.length, 4);
  command.write(name, 8, "latin1");
  command.writeBigUInt64LE(0x100000000n + BigInt(fileOffset), 24);
  command.writeBigUInt64LE(BigInt(Math.ceil(fileSize / 4096) * 4096), 32);
  command.writeBigUInt64LE(BigInt(fileOffset), 40);
  command.writeBigUInt64LE(BigInt(fileSize), 48);
  return command;
}

function command(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 4);
  for (const [index, value] of values.entries()) bytes.writeUInt32LE(value, index * 4);
  return bytes;
}

/** A file with the parts that signing touches and an old signature at its end. */
export function smallMachO({
  cpu = ARM64,
  minimumOs = 0x0d0000,
  linkEditBytes = 112,
  trailing = 0,
}: SmallMachO = {}): Buffer {
  const signatureAt = TEXT_SIZE + linkEditBytes;
  const commands = [
    segment("__TEXT", 0, TEXT_SIZE),
    segment("__LINKEDIT", TEXT_SIZE, linkEditBytes + OLD_SIGNATURE.length),
    command(0x32, 24, 1, minimumOs, 0x1a0000, 0),
    command(0x1d, 16, signatureAt, OLD_SIGNATURE.length),
  ];
  const table = Buffer.concat(commands);
  const header = command(0xfeedfacf, cpu, 0, 2, commands.length, table.length, 0, 0);
  const file = Buffer.alloc(signatureAt + OLD_SIGNATURE.length + trailing);
  for (let at = 0; at < signatureAt; at++) file[at] = (at * 7) % 251;
  Buffer.concat([header, table]).copy(file);
  OLD_SIGNATURE.copy(file, signatureAt);
  return file;
}
