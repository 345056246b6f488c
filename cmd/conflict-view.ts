// What a person is shown of a conflict and may answer. Types only; the engine fills them in.

/** One version of a path, for people. */
export interface VersionView {
  /** The role of the machine that has it (`desktop`, `laptop`, …), or `base`. */
  readonly role: string;
  /** As git writes it: `100644`, `100755`, `120000`; null where the path is absent. */
  readonly mode: string | null;
  /** Null: the path is absent in this version. */
  readonly content: Uint8Array | null;
}

export type Choice = "ours" | "theirs" | "merged" | "both" | "base";

export interface ConflictView {
  readonly path: string;
  /** `tasks`, `context`, … */
  readonly className: string;
  /** One sentence. */
  readonly reason: string;
  readonly base: VersionView | null;
  /** Its role is this machine's. */
  readonly ours: VersionView;
  /** Its role is the other machine's. */
  readonly theirs: VersionView;
  /** A proven union (by id, or line by line), where one can be offered. */
  readonly merged: Uint8Array | null;
  /** The second name that `both` would write; null where there is none. */
  readonly bothName: string | null;
  readonly choices: readonly Choice[];
}

export type Answer = { readonly choice: Choice } | { readonly edited: Uint8Array };
