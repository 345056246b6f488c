// Cuts git's NUL-ended records out of output that arrives in pieces, so that a listing of any length is read without
// being held twice. What becomes of a record is made of its bytes at once: a string cut out of a longer one keeps all of it.

/** Hands on one record after another. The bytes of a record are good only until the call returns. */
export class RecordReader {
  private readonly onRecord: (record: Uint8Array) => void;
  private rest: Uint8Array | null = null;

  constructor(onRecord: (record: Uint8Array) => void) {
    this.onRecord = onRecord;
  }

  take(piece: Uint8Array): void {
    let start = 0;
    for (let end = piece.indexOf(0); end >= 0; end = piece.indexOf(0, start)) {
      const part = piece.subarray(start, end);
      this.onRecord(this.rest === null ? part : Buffer.concat([this.rest, part]));
      this.rest = null;
      start = end + 1;
    }
    if (start < piece.length) this.rest = Buffer.concat([this.rest ?? new Uint8Array(), piece.subarray(start)]);
  }

  /** @throws {Error} when the last record has no end: the output was cut off. */
  end(): void {
    if (this.rest !== null) throw new Error("git's answer is cut off: the last record has no end");
  }
}
