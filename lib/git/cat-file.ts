// Reads objects out of git's store, as they arrive and without keeping them: `cat-file` answers in the order of the
// questions, one header line, the bytes, one line end. It says "missing" with exit 0, so answers are counted.
// Source: git-cat-file(1), "Batch output".
import type { Question } from "./object-reader.ts";
import type { Git } from "./shell.ts";

export interface ObjectHead {
  readonly oid: string;
  /** `blob`, `tree`, `commit` or `tag`. */
  readonly type: string;
  readonly sizeBytes: number;
}

/** Told about each object in the order asked. The bytes of a piece are good only until `take` returns. */
export interface ObjectVisitor {
  begin(head: ObjectHead, asked: number): void;
  take(piece: Uint8Array): void;
  end(): void;
}

/**
 * Reads objects by id or by `<commit>:<path>`.
 * @returns the positions of the questions that git could not answer: the object is missing, or the reading broke off there.
 */
export async function readObjects(git: Git, names: readonly string[], visitor: ObjectVisitor): Promise<number[]> {
  return ask(git, "contents", names, new BatchReader(visitor, true));
}

/** Headers of objects by id or by `<commit>^{tree}`, in the order asked; null where git has none. */
export async function objectHeads(git: Git, names: readonly string[]): Promise<(ObjectHead | null)[]> {
  const heads: (ObjectHead | null)[] = names.map(() => null);
  const visitor = {
    begin: (head: ObjectHead, asked: number) => {
      heads[asked] = head;
    },
    take: () => undefined,
    end: () => undefined,
  };
  await ask(git, "info", names, new BatchReader(visitor, false));
  return heads;
}

/** So few are asked of the git that stays up: more would keep others waiting, and are worth a process. */
const FEW = { info: 1_000, contents: 32 };
const ONE_SHOT = { info: "--batch-check", contents: "--batch" };

async function ask(git: Git, question: Question, names: readonly string[], reader: BatchReader): Promise<number[]> {
  if (names.length === 0) return [];
  if (git.objects !== null && names.length <= FEW[question]) {
    await git.objects.ask(question, names, (piece) => reader.take(piece) >= names.length);
  } else {
    await git.run(["cat-file", ONE_SHOT[question], "--buffer"], {
      input: `${names.join("\n")}\n`,
      accept: [0, 128],
      onOutput: (piece) => reader.take(piece),
    });
  }
  return reader.lacking(names.length);
}

/** Which of some ids are contents of the store. */
export async function presentBlobs(git: Git, oids: readonly string[]): Promise<Set<string>> {
  const heads = await objectHeads(git, oids);
  return new Set(heads.flatMap((head) => (head?.type === "blob" ? [head.oid] : [])));
}

/** Whole contents of small objects, in the order asked; null where there is none or it is larger than `mostBytes`. */
export async function smallContents(git: Git, names: readonly string[], mostBytes: number): Promise<(Buffer | null)[]> {
  const contents: (Buffer | null)[] = names.map(() => null);
  let pieces: Buffer[] = [];
  let at = 0;
  let wanted = false;
  await readObjects(git, names, {
    begin: ({ sizeBytes }, asked) => {
      pieces = [];
      at = asked;
      wanted = sizeBytes <= mostBytes;
    },
    take: (piece) => {
      if (wanted) pieces.push(Buffer.from(piece));
    },
    end: () => {
      if (wanted) contents[at] = Buffer.concat(pieces);
    },
  });
  return contents;
}

class BatchReader {
  private readonly visitor: ObjectVisitor;
  private readonly contents: boolean;
  private header = "";
  private left = -1;
  private asked = 0;
  private readonly missing: number[] = [];

  /** @param contents the bytes follow each header. */
  constructor(visitor: ObjectVisitor, contents: boolean) {
    this.visitor = visitor;
    this.contents = contents;
  }

  /** Returns how many questions were answered whole so far. */
  take(piece: Uint8Array): number {
    let at = 0;
    while (at < piece.length) {
      if (this.left < 0) at = this.readHeader(piece, at);
      else if (this.left > 0) at = this.readContent(piece, at);
      else at = this.endObject(at);
    }
    return this.left < 0 ? this.asked : this.asked - 1;
  }

  /** Questions without an answer, those after the last answer included. */
  lacking(questions: number): number[] {
    const unanswered = [...this.missing];
    const answered = this.left < 0 ? this.asked : this.asked - 1;
    for (let n = answered; n < questions; n++) unanswered.push(n);
    return unanswered;
  }

  private readHeader(piece: Uint8Array, at: number): number {
    const end = piece.indexOf(10, at);
    this.header += Buffer.from(piece.subarray(at, end < 0 ? piece.length : end)).toString("latin1");
    if (end < 0) return piece.length;
    const match = /^([0-9a-f]{40,64}) (blob|tree|commit|tag) (\d+)$/.exec(this.header);
    this.header = "";
    if (match === null) this.missing.push(this.asked);
    else {
      const [, oid = "", type = "", size = ""] = match;
      this.visitor.begin({ oid, type, sizeBytes: Number(size) }, this.asked);
      if (this.contents) this.left = Number(size);
    }
    this.asked++;
    return end + 1;
  }

  private readContent(piece: Uint8Array, at: number): number {
    const end = Math.min(piece.length, at + this.left);
    this.visitor.take(piece.subarray(at, end));
    this.left -= end - at;
    return end;
  }

  /** The line end after the content. */
  private endObject(at: number): number {
    this.visitor.end();
    this.left = -1;
    return at + 1;
  }
}
