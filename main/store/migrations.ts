// The database's shape, one step after the other. A step that has been released is never edited: a
// change is a new step. PRAGMA user_version holds how many steps a file has seen; column names are
// the field names of records.ts.

/**
 * Marks a file as ours ("LStu"), so that another program's database of the same name is left alone.
 */
export const applicationId = 0x4c537475

export const migrations: readonly string[] = [
  // 1: runs. last, lastValidation, bestValidation and config are JSON.
  `CREATE TABLE runs (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    model TEXT NOT NULL,
    status TEXT NOT NULL,
    statusReason TEXT NOT NULL,
    config TEXT NOT NULL,
    preset TEXT,
    step INTEGER NOT NULL,
    totalSteps INTEGER NOT NULL,
    stepsPerEpoch INTEGER NOT NULL,
    parameterCount INTEGER NOT NULL,
    createdAt INTEGER NOT NULL,
    startedAt INTEGER,
    endedAt INTEGER,
    trainSeconds REAL NOT NULL,
    compileSeconds REAL NOT NULL,
    imagesPerSecond REAL NOT NULL,
    backend TEXT,
    mode TEXT,
    threads INTEGER,
    backendVersion TEXT NOT NULL,
    datasetHash TEXT NOT NULL,
    last TEXT,
    lastValidation TEXT,
    bestValidation TEXT,
    colour INTEGER NOT NULL,
    notes TEXT NOT NULL,
    deletedAt INTEGER
  );
  CREATE INDEX runsByTime ON runs (createdAt);
  CREATE INDEX runsByName ON runs (name);`,
  // 2: the training series. level 0 holds every step, level k points of 32^k steps (pyramid.ts says
  // the layout).
  `CREATE TABLE metrics (
    run TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    level INTEGER NOT NULL,
    block INTEGER NOT NULL,
    count INTEGER NOT NULL,
    data BLOB NOT NULL,
    UNIQUE (run, level, block)
  );`,
  // 3: evaluations on the validation split. total NULL is not-a-number.
  `CREATE TABLE validations (
    run TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    step INTEGER NOT NULL,
    total REAL,
    validation TEXT NOT NULL,
    PRIMARY KEY (run, step)
  ) WITHOUT ROWID;`,
  // 4: checkpoints; the file lies in runs/<run>/. One step may have several reasons (best and end).
  `CREATE TABLE checkpoints (
    run TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    step INTEGER NOT NULL,
    reason TEXT NOT NULL,
    file TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    bytes INTEGER NOT NULL,
    createdAt INTEGER NOT NULL,
    backend TEXT NOT NULL,
    mode TEXT NOT NULL,
    validationTotal REAL,
    usable INTEGER NOT NULL,
    PRIMARY KEY (run, step, reason)
  );`,
  // 5: pictures of the manifold. encoding: 'raw' or 'deflate'.
  `CREATE TABLE frames (
    run TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    step INTEGER NOT NULL,
    grid INTEGER NOT NULL,
    tileWidth INTEGER NOT NULL,
    tileHeight INTEGER NOT NULL,
    reconstructions INTEGER NOT NULL,
    encoding TEXT NOT NULL,
    pixels BLOB NOT NULL,
    PRIMARY KEY (run, step)
  );`,
  // 6: what happened to a run. kinds are those of RunEvent.
  `CREATE TABLE events (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    run TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    at INTEGER NOT NULL,
    step INTEGER NOT NULL,
    kind TEXT NOT NULL,
    text TEXT NOT NULL
  );
  CREATE INDEX eventsOfRun ON events (run, id);`,
  // 7: the list's sparkline, kept with its run: float32 means, made when the series had
  // sparklineStep steps.
  `ALTER TABLE runs ADD COLUMN sparkline BLOB;
  ALTER TABLE runs ADD COLUMN sparklineStep INTEGER NOT NULL DEFAULT 0;`,
  // 8: jobs. error and result are JSON; scratch says where a killed one may have left files outside
  // the data folder.
  `CREATE TABLE jobs (
    id TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    title TEXT NOT NULL,
    run TEXT,
    status TEXT NOT NULL,
    createdAt INTEGER NOT NULL,
    endedAt INTEGER,
    error TEXT,
    result TEXT,
    scratch TEXT
  );
  CREATE INDEX jobsByTime ON jobs (createdAt);`,
  // 9: the CRC-32 of a block's data and of a frame's pixels as stored; NULL where it was not
  // reckoned yet (checksums.ts).
  `ALTER TABLE metrics ADD COLUMN crc INTEGER;
  ALTER TABLE frames ADD COLUMN crc INTEGER;
  CREATE INDEX metricsUnchecked ON metrics (level) WHERE crc IS NULL;
  CREATE INDEX framesUnchecked ON frames (step) WHERE crc IS NULL;`,
]
