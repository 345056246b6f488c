// A `cat-file` that stays up for a run, so that a question costs a line and not a process. Questions are answered one
// lot after another. Source: git-cat-file(1), `--batch-command`.
import { faultPoint } from "../fault.ts";

/** A git command that is spoken with line by line. */
export interface Dialogue {
  /** @throws the signal's reason when the run was told to end, as all of these do. */
  readonly say: (text: string) => void;
  /** The next piece of what it says; null once it has ended. */
  readonly hear: () => Promise<Uint8Array | null>;
  /** All was answered: the deadline begins again with what is said next. */
  readonly rest: () => void;
  /** @throws {GitError} for another exit code, or the deadline. */
  readonly requireExit: (accept: readonly number[]) => Promise<void>;
  /** Ends what is said, and resolves when the command has ended. */
  readonly end: () => Promise<void>;
  readonly kill: () => void;
}

/** `info` asks for the header alone, `contents` for the bytes as well. */
export type Question = "info" | "contents";

/** Told the pieces of the answer as they come; true once it is whole. */
export type TakeAnswer = (piece: Uint8Array) => boolean;

export class ObjectReader {
  private readonly open: () => Dialogue;
  private dialogue: Dialogue | null = null;
  private last: Promise<unknown> = Promise.resolve();

  /** @param open starts `git cat-file --batch-command --buffer`; called at the first question, and again where it ended. */
  constructor(open: () => Dialogue) {
    this.open = open;
  }

  /**
   * Asks for objects by name, in order.
   * @returns false when git ended before the answer was whole, as it does over a damaged object.
   * @throws {GitError} when it ended otherwise, or the deadline passed. @throws what `take` throws.
   */
  ask(question: Question, names: readonly string[], take: TakeAnswer): Promise<boolean> {
    const asked = this.last.then(() => this.answer(question, names, take));
    this.last = asked.catch(() => undefined);
    return asked;
  }

  /** Lets git end. A question that comes later starts it again. */
  async end(): Promise<void> {
    await this.last;
    const { dialogue } = this;
    this.dialogue = null;
    await dialogue?.end();
  }

  private async answer(question: Question, names: readonly string[], take: TakeAnswer): Promise<boolean> {
    faultPoint("git cat-file");
    this.dialogue ??= this.open();
    const { dialogue } = this;
    try {
      dialogue.say(`${names.map((name) => `${question} ${name}\n`).join("")}flush\n`);
      while (true) {
        const piece = await dialogue.hear();
        if (piece === null) {
          this.dialogue = null;
          await dialogue.requireExit([0, 128]);
          return false;
        }
        if (take(piece)) break;
      }
    } catch (error) {
      // what is left of the answer would be taken for the next one's
      this.dialogue = null;
      dialogue.kill();
      throw error;
    }
    dialogue.rest();
    faultPoint("git cat-file done");
    return true;
  }
}
