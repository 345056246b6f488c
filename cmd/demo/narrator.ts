// The voice of the demonstration: scenes, commands as typed, the product's own words, what to notice, what was proven.

/** A claim that did not hold, or a command that ended otherwise than it must; ends the demonstration. */
export class DemoFailure extends Error {}

export class Narrator {
  private scenes = 0;
  private proofs = 0;
  private readonly say: (line: string) => void;

  constructor(say: (line: string) => void) {
    this.say = say;
  }

  /** How many claims have held so far. */
  get proven(): number {
    return this.proofs;
  }

  scene(title: string): void {
    this.scenes += 1;
    this.say("");
    this.say(`${this.scenes}. ${title}`);
  }

  /** Says in one line what to look at, or what a person does. */
  tell(line: string): void {
    this.say(`   ${line}`);
  }

  /** Shows a command as a person on that machine types it. */
  typed(machine: string, words: string): void {
    this.say("");
    this.say(`   ${machine} $ ${words}`);
  }

  /** Shows what a command wrote, as it wrote it. */
  output(text: string): void {
    for (const line of text.trimEnd().split("\n")) if (text.trim() !== "") this.say(`   | ${line}`);
  }

  /** Says the claim when it holds. @throws {DemoFailure} when it does not */
  prove(holds: boolean, claim: string, details: readonly string[] = []): void {
    if (!holds) throw new DemoFailure([`this does not hold: ${claim}`, ...details.slice(0, 10)].join("\n"));
    this.proofs += 1;
    this.say(`   ✓ ${claim}`);
  }
}
