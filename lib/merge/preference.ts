// Which of two versions wins where a class prefers a machine's role: the one that a machine of that role is known to have
// written. Pure; who wrote what is read from the runs' own trailers, never guessed from times.

/** The roles of the machines that wrote the two versions; null where no run says so. */
export interface Writers {
  readonly ours: string | null;
  readonly theirs: string | null;
}

/** The side whose version is taken, or why a person must choose. */
export function preferredSide(role: string, writers: Writers): "ours" | "theirs" | { readonly refused: string } {
  const [ours, theirs] = [writers.ours === role, writers.theirs === role];
  if (ours && theirs) return { refused: `both versions were written by ${role}` };
  if (ours) return "ours";
  if (theirs) return "theirs";
  if (writers.ours === null || writers.theirs === null)
    return { refused: `it is not known whether ${role} wrote one of the versions (a commit made with plain git)` };
  return { refused: `neither version was written by ${role}, but by ${writers.ours} and ${writers.theirs}` };
}
