// What became of uniting three versions of a content.

/** The united content, or why a person must choose. */
export type United =
  | { readonly content: Uint8Array }
  /** Lower case, no full stop; `line` is 1-based in the version that the reason names. */
  | { readonly refused: string };

/** Three versions of one file's content; `base` is null where both sides added it. */
export interface Versions {
  readonly base: Uint8Array | null;
  readonly ours: Uint8Array;
  readonly theirs: Uint8Array;
}
