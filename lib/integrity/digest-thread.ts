// A thread that digests its part of the files it is told about, and says so when none is left.
import { parentPort } from "node:worker_threads";
import { type DigestShare, digestSome, pathsOf } from "./digest-share.ts";

parentPort?.on("message", (share: DigestShare) => {
  const paths = pathsOf(share);
  while (digestSome(share, paths));
  parentPort?.postMessage("done");
});
