// Several things at once, none of them left running: a run never ends while a part of it is still at work.

/** Waits for all, then gives their values or throws the first failure in the order given. */
export async function together<T extends readonly unknown[]>(...work: { [K in keyof T]: Promise<T[K]> }): Promise<T> {
  const settled = await Promise.allSettled(work);
  const failed = settled.find((one) => one.status === "rejected");
  if (failed !== undefined) throw failed.reason;
  // every one is fulfilled, so these are the very values that the next line waits for
  return (await Promise.all(work)) as unknown as T;
}
