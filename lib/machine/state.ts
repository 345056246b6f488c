// The state database beside the repository: runs and their reports, and digests remembered by git object id.
// Losing it loses history and speed, never a file.
import { Database } from "bun:sqlite";
import { dirname, join } from "node:path";
import { Failure } from "../failure.ts";
import type { Entry } from "../git/parse.ts";
import { quoted } from "../paste.ts";
import { ALERT_TABLES, AlertStore } from "./alert-store.ts";

export interface RunRow {
  readonly run: string;
  readonly command: string;
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  readonly outcome: string;
  readonly exit: number;
  /** The report as printed by `--json`. */
  readonly report: string;
  /** Tree of the folder after the run and the tree that undoing it leads to; null when there is nothing to undo. */
  readonly undoFrom: string | null;
  readonly undoTo: string | null;
}

export interface KnownDigest {
  readonly sha256: string;
  readonly sizeBytes: number;
}

/** Each brings the database from the version that is its place in the list to the next; never changed, only added to. */
const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE IF NOT EXISTS runs (
    run TEXT PRIMARY KEY, command TEXT NOT NULL, started_at TEXT NOT NULL, outcome TEXT NOT NULL, exit INTEGER NOT NULL,
    report TEXT NOT NULL, undo_from TEXT, undo_to TEXT);
  CREATE TABLE IF NOT EXISTS digests (oid TEXT PRIMARY KEY, sha256 TEXT NOT NULL, size INTEGER NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS facts (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;`,
  "CREATE TABLE IF NOT EXISTS resolutions (key TEXT PRIMARY KEY, at TEXT NOT NULL, value TEXT NOT NULL);",
  ALERT_TABLES,
  // once a fact, a list in JSON
  `
  CREATE TABLE IF NOT EXISTS undone (path TEXT PRIMARY KEY, mode TEXT, oid TEXT) WITHOUT ROWID;
  INSERT OR IGNORE INTO undone
    SELECT json_extract(value, '$[0]'), json_extract(value, '$[1].mode'), json_extract(value, '$[1].oid')
    FROM json_each((SELECT value FROM facts WHERE key = 'undone'));
  DELETE FROM facts WHERE key = 'undone';`,
  "CREATE TABLE IF NOT EXISTS listings (folder TEXT PRIMARY KEY, entries BLOB NOT NULL);",
  // rows from before have none: such digests are read anew where they are asked for, the rest is taken as it is
  `
  ALTER TABLE digests ADD COLUMN checksum INTEGER;
  ALTER TABLE facts ADD COLUMN checksum INTEGER;
  ALTER TABLE runs ADD COLUMN checksum INTEGER;`,
];
const VERSION = MIGRATIONS.length;

const COLUMNS =
  "run, command, started_at AS startedAt, outcome, exit, report, undo_from AS undoFrom, undo_to AS undoTo, checksum";

type DigestRow = [oid: string, sha256: string, sizeBytes: number, checksum: number | null];

const DIGESTS = "SELECT oid, sha256, size, checksum FROM digests WHERE oid IN (SELECT value FROM json_each(?))";
/** Nothing is written for a row that is there and sound. */
const REMEMBER_DIGEST = `
  INSERT INTO digests VALUES (?, ?, ?, ?) ON CONFLICT (oid) DO UPDATE
  SET sha256 = excluded.sha256, size = excluded.size, checksum = excluded.checksum
  WHERE (sha256, size, checksum) IS NOT (excluded.sha256, excluded.size, excluded.checksum)`;

/** A wrong digest would make a machine attest what nobody has, and a rollback call good files damaged. */
function checksumOf(oid: string, { sha256, sizeBytes }: KnownDigest): number {
  return Bun.hash.xxHash32(`${oid} ${sha256} ${sizeBytes}`);
}

function checksumOfFact(key: string, value: string): number {
  return Bun.hash.xxHash32(value, Bun.hash.xxHash32(key));
}

function checksumOfRun({ report, ...row }: RunRow): number {
  const { run, command, startedAt, outcome, exit, undoFrom, undoTo } = row;
  const rest = JSON.stringify([run, command, startedAt, outcome, exit, undoFrom, undoTo]);
  return Bun.hash.xxHash32(report, Bun.hash.xxHash32(rest));
}

type StoredRun = RunRow & { readonly checksum: number | null };

export class State {
  /** Troubles, alerts and what is still to be sent. */
  readonly alerts: AlertStore;
  private readonly database: Database;
  private readonly path: string;

  private constructor(database: Database, path: string) {
    this.database = database;
    this.path = path;
    this.alerts = new AlertStore(database);
  }

  /**
   * Opens or creates `state.db` in `stateDir`, which must exist.
   * @throws {Failure} `recovery-pending` when the file is damaged or from a newer version; it is left as it is.
   */
  static open(stateDir: string): State {
    const path = join(stateDir, "state.db");
    try {
      const database = new Database(path, { create: true });
      database.run("PRAGMA busy_timeout = 2000");
      const found = versionOf(database);
      if (found > VERSION) throw damaged(path, `it was written by a newer version of the tool (format ${found})`);
      if (found < VERSION) {
        database.run("PRAGMA journal_mode = WAL");
        migrate(database);
      }
      database.run("PRAGMA synchronous = NORMAL");
      // KiB: the system keeps the file's pages too, and of the process's memory they took 3 MB (measured, 100,000 files)
      database.run("PRAGMA cache_size = -512");
      // once a run, when it ends: digests lie all over the file, and each time in between flushes it twice (some 32 MB at most)
      database.run("PRAGMA wal_autocheckpoint = 8000");
      return new State(database, path);
    } catch (error) {
      if (
        error instanceof Error &&
        "code" in error &&
        (error.code === "SQLITE_CORRUPT" || error.code === "SQLITE_NOTADB")
      ) {
        throw damaged(path, "it is damaged", error);
      }
      throw error;
    }
  }

  close(): void {
    this.database.close();
  }

  recordRun(row: RunRow): void {
    const { run, command, startedAt, outcome, exit, report, undoFrom, undoTo } = row;
    this.database
      .query("INSERT OR REPLACE INTO runs VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)")
      .run(run, command, startedAt, outcome, exit, report, undoFrom, undoTo, checksumOfRun(row));
  }

  /**
   * The newest runs first, in the order in which they were recorded: a clock that was set back does not change it.
   * @param since those that began then or later: ISO 8601, UTC
   * @throws {Failure} `recovery-pending` where one is not as it was recorded, as all that return runs do.
   */
  runs(limit: number, since = ""): RunRow[] {
    return this.database
      .query<StoredRun, [string, number]>(
        `SELECT ${COLUMNS} FROM runs WHERE started_at >= ? ORDER BY rowid DESC LIMIT ?`,
      )
      .all(since, limit)
      .map((row) => this.requireSound(row));
  }

  /** One run by its name; null where it is not known. */
  run(name: string): RunRow | null {
    const row = this.database.query<StoredRun, [string]>(`SELECT ${COLUMNS} FROM runs WHERE run = ?`).get(name);
    return row === null ? null : this.requireSound(row);
  }

  /** Runs whose names begin with a text, the newest first. */
  runsNamed(beginning: string, limit: number): RunRow[] {
    return this.database
      .query<StoredRun, [number, string, number]>(
        `SELECT ${COLUMNS} FROM runs WHERE substr(run, 1, ?) = ? ORDER BY rowid DESC LIMIT ?`,
      )
      .all(beginning.length, beginning, limit)
      .map((row) => this.requireSound(row));
  }

  /** The newest runs first, by name and command alone. */
  commands(limit: number): { readonly run: string; readonly command: string }[] {
    return this.database
      .query<{ run: string; command: string }, [number]>("SELECT run, command FROM runs ORDER BY rowid DESC LIMIT ?")
      .all(limit);
  }

  /** The newest run that changed the folder or the remote, or null. */
  lastUndoable(): RunRow | null {
    const row = this.database
      .query<StoredRun, []>(`SELECT ${COLUMNS} FROM runs WHERE undo_from IS NOT NULL ORDER BY rowid DESC LIMIT 1`)
      .get();
    return row === null ? null : this.requireSound(row);
  }

  private requireSound({ checksum, ...row }: StoredRun): RunRow {
    if (checksum === null || checksum === checksumOfRun(row)) return row;
    throw damaged(this.path, `its record of the run ${row.run} is not what was written`);
  }

  /** What is remembered of objects, by id. A row whose bytes are not those that were written counts as none. */
  digestsOf(oids: readonly string[]): Map<string, KnownDigest> {
    if (oids.length === 0) return new Map();
    const rows = this.database.query<unknown, [string]>(DIGESTS).values(JSON.stringify(oids)) as DigestRow[];
    const found = new Map<string, KnownDigest>();
    for (const [oid, sha256, sizeBytes, checksum] of rows) {
      const digest = { sha256, sizeBytes };
      if (checksum === checksumOf(oid, digest)) found.set(oid, digest);
    }
    return found;
  }

  rememberDigests(digests: ReadonlyMap<string, KnownDigest>): void {
    if (digests.size === 0) return;
    const insert = this.database.query(REMEMBER_DIGEST);
    this.database.transaction(() => {
      for (const [oid, digest] of digests) insert.run(oid, digest.sha256, digest.sizeBytes, checksumOf(oid, digest));
    })();
  }

  /** What folders held when they were last digested (`Listing`), by path; the empty one is the top. */
  listingsOf(folders: readonly string[]): Map<string, Uint8Array> {
    const rows = this.database
      .query<unknown, [string]>("SELECT folder, entries FROM listings WHERE folder IN (SELECT value FROM json_each(?))")
      .values(JSON.stringify(folders)) as [folder: string, entries: Uint8Array][];
    return new Map(rows);
  }

  rememberListings(listings: ReadonlyMap<string, Uint8Array>): void {
    const insert = this.database.query("INSERT OR REPLACE INTO listings VALUES (?, ?)");
    this.database.transaction(() => {
      for (const [folder, entries] of listings) insert.run(folder, entries);
    })();
  }

  /** What a rollback made of each path; null where it went. */
  undone(): Map<string, Entry | null> {
    const rows = this.database.query("SELECT path, mode, oid FROM undone").values() as [
      path: string,
      mode: string | null,
      oid: string | null,
    ][];
    return new Map(rows.map(([path, mode, oid]) => [path, mode === null || oid === null ? null : { mode, oid }]));
  }

  rememberUndone(changes: Iterable<{ readonly path: string; readonly after: Entry | null }>): void {
    const insert = this.database.query("INSERT OR REPLACE INTO undone VALUES (?, ?, ?)");
    this.database.transaction(() => {
      for (const { path, after } of changes) insert.run(path, after?.mode ?? null, after?.oid ?? null);
    })();
  }

  forgetUndone(): void {
    this.database.run("DELETE FROM undone");
  }

  /** The newest answers to conflicts, oldest of them first, each as `keepResolution` was given it. */
  resolutions(limit: number): string[] {
    return this.database
      .query<{ value: string }, [number]>("SELECT value FROM resolutions ORDER BY at DESC, rowid DESC LIMIT ?")
      .all(limit)
      .map(({ value }) => value)
      .reverse();
  }

  keepResolution(key: string, at: string, value: string): void {
    this.database.query("INSERT OR REPLACE INTO resolutions VALUES (?, ?, ?)").run(key, at, value);
  }

  /** What is known under a key; null where nothing is, or not what was written. */
  fact(key: string): string | null {
    const row = this.database
      .query<{ value: string; checksum: number | null }, [string]>("SELECT value, checksum FROM facts WHERE key = ?")
      .get(key);
    if (row === null) return null;
    return row.checksum === null || row.checksum === checksumOfFact(key, row.value) ? row.value : null;
  }

  setFact(key: string, value: string): void {
    this.database.query("INSERT OR REPLACE INTO facts VALUES (?, ?, ?)").run(key, value, checksumOfFact(key, value));
  }
}

function versionOf(database: Database): number {
  return database.query<{ user_version: number }, []>("PRAGMA user_version").get()?.user_version ?? 0;
}

/** In one piece, and once, where two processes open an older database at the same time. */
function migrate(database: Database): void {
  database
    .transaction(() => {
      for (const migration of MIGRATIONS.slice(versionOf(database))) database.run(migration);
      database.run(`PRAGMA user_version = ${VERSION}`);
    })
    .immediate();
}

function damaged(path: string, why: string, because?: unknown): Failure {
  const aside = join(dirname(path), "damaged-history");
  return new Failure("recovery-pending", {
    cause: `${path} cannot be used: ${why}`,
    // with all that belongs to it: a log of the old file must not be read into a new one
    remedy: [
      `mkdir -p ${quoted(aside)} && mv ${quoted(path)}* ${quoted(aside)}   # history and remembered digests are lost with it, no file of yours is`,
      "petesbrain-sync rollback list   # after that: the snapshots are all there still",
    ],
    because,
  });
}
