// Finds a Python with pip, which fetches the native runtime. All candidates on PATH are tried,
// because the first is often a virtual environment without pip. Python is kept from the user's
// current folder, where a json.py or pip.py would be taken for the library's: it runs isolated
// (-I), in an empty folder of its own.
import { existsSync, mkdtempSync, readdirSync, realpathSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { StudioError } from '../../preload/contract/errors.ts'
import { answerLimit, startGroup } from './processGroup.ts'
import { errorLine } from './stderr.ts'

export interface Python {
  /** Absolute path of the program. */
  command: string
  /** What comes before everything else: how far it is isolated. */
  flags: string[]
  /** Of pip. */
  version: string
}

export interface Output {
  /** null: it could not be started, or was ended by the signal or the limit. */
  code: number | null
  /** Standard output and error together. */
  text: string
}

/**
 * Isolated altogether first. Where pip was installed for this user alone, only without -I is it
 * found; the environment's paths are ignored all the same (-E), and the working folder is an empty
 * one.
 */
const isolation = [['-I'], ['-E']]

const question = 'import pip; print(pip.__version__)'

/**
 * The first Python on PATH that has pip; each may take `limit` milliseconds to say its version.
 * Throws `runtime-failed` with a reason for each candidate, `cancelled`.
 */
export async function findPython(
  environment: NodeJS.ProcessEnv = process.env,
  signal?: AbortSignal,
  limit: number = answerLimit,
): Promise<Python> {
  const tried: string[] = []
  for (const command of pythonsOn(environment)) {
    let reason = ''
    for (const flags of isolation) {
      const outcome = await output(command, [...flags, '-c', question], environment, signal, limit)
      if (signal?.aborted)
        throw new StudioError(
          'cancelled',
          'The installation was stopped before anything was downloaded.',
        )
      if (outcome.code === 0)
        return { command, flags, version: outcome.text.trim().split('\n').at(-1) ?? '' }
      reason = reasonOf(outcome)
      if (!/no pip/.test(reason)) break
    }
    tried.push(`${command}: ${reason}`)
  }
  const found = tried.length === 0 ? 'no python3 and no python on PATH' : tried.join('; ')
  throw new StudioError(
    'runtime-failed',
    `Expected Python with pip to download the native runtime, found ${found}. Install Python 3 with pip and try again; until then, training uses WebAssembly.`,
    { reason: 'no-pip', tried },
  )
}

function reasonOf({ code, text }: Output): string {
  const said = errorLine(text)
  if (/No module named '?pip\b/.test(text)) return 'it has no pip'
  if (code === null) return `it does not run (${said || 'no answer'})`
  return said ? said : `it ended with code ${code}`
}

/**
 * Paths of all Pythons on PATH: python3 and python first, then versioned ones, newest first; one
 * program once.
 */
export function pythonsOn(environment: NodeJS.ProcessEnv): string[] {
  const windows = process.platform === 'win32'
  const folders = (environment['PATH'] ?? environment['Path'] ?? '')
    .split(path.delimiter)
    .filter((one) => path.isAbsolute(one))
  const plain = windows ? ['python.exe', 'py.exe'] : ['python3', 'python']
  const found = [
    ...plain.flatMap((name) => folders.map((folder) => path.join(folder, name))),
    ...versioned(folders),
  ]
  const seen = new Set<string>()
  return found.filter((command) => {
    const identity = identityOf(command)
    if (identity === null || seen.has(identity)) return false
    seen.add(identity)
    return true
  })
}

function versioned(folders: string[]): string[] {
  const named = folders.flatMap((folder) =>
    namesIn(folder).map((name) => ({ folder, minor: /^python3\.(\d+)(\.exe)?$/.exec(name) })),
  )
  return named
    .filter(({ minor }) => minor !== null)
    .sort((a, b) => Number(b.minor![1]) - Number(a.minor![1]))
    .map(({ folder, minor }) => path.join(folder, minor![0]))
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}

// Names lead to one program by links; but a virtual environment is one by the path that it is
// started by.
function identityOf(command: string): string | null {
  try {
    if (!statSync(command).isFile()) return null
    const isVirtual = existsSync(path.join(path.dirname(command), '..', 'pyvenv.cfg'))
    return isVirtual
      ? path.join(realpathSync(path.dirname(command)), 'virtual')
      : realpathSync(command)
  } catch {
    return null
  }
}

/** Does something with an empty folder, which is gone afterwards. */
export async function inEmptyFolder<Value>(
  work: (folder: string) => Promise<Value>,
): Promise<Value> {
  const folder = mkdtempSync(path.join(tmpdir(), 'latent-studio-'))
  try {
    return await work(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/**
 * Runs a command to its end in an empty folder of its own; without `limit` (milliseconds) for as
 * long as it takes.
 */
export function output(
  command: string,
  args: string[],
  env: NodeJS.ProcessEnv,
  signal?: AbortSignal,
  limit?: number,
): Promise<Output> {
  return inEmptyFolder(async (cwd) => {
    const { child, ended } = startGroup(command, args, { env, cwd, signal, limit })
    let text = ''
    const keep = (chunk: Buffer): void => void (text = (text + chunk.toString()).slice(-20_000))
    child.stdout.on('data', keep)
    child.stderr.on('data', keep)
    child.stdin.end()
    const { code, failure } = await ended
    return { code, text: failure || text }
  })
}
