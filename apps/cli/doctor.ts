// latent doctor: is everything there that training needs? Each check says what it found; a failed
// one what to do.
import { randomBytes } from 'node:crypto'
import { rmSync, statfsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { listDatasets, openDataset } from '../../main/datasets/index.ts'
import { fileReason } from '../../main/files/reason.ts'
import { makeDataFolder } from '../../main/store/dataFolder.ts'
import { asStudioError, StudioError } from '../../preload/contract/errors.ts'
import type { Call, Command } from './command.ts'
import { dataFolderGiven, existingFolderGiven } from './folder.ts'
import { bytes, count } from './numbers.ts'
import { withSession, type Session } from './session.ts'

interface Check {
  name: string
  /** note: worth knowing, training works without it. */
  status: 'ok' | 'note' | 'failed'
  detail: string
}

const neededNode = 24
const roomNeeded = 512 * 1024 * 1024

export const doctor: Command = {
  name: 'doctor',
  summary:
    'Check this machine: Node, data folder, disk, database, data sets, native runtime, backends.',
  about:
    '--repair rebuilds the list of runs from the checkpoints in runs/ when the database is missing or damaged. A checkpoint holds the settings, step and weights of its run. Names, notes, metrics and frames are stored only in the database and cannot be rebuilt. A damaged database is kept next to the new one, with the date in its name; checkpoints that cannot be used are kept with the ending .unused.',
  arguments: [],
  flags: [
    {
      name: 'repair',
      help: 'Rebuild a missing or damaged list of runs from the checkpoints in runs/.',
    },
  ],
  examples: ['latent doctor', 'latent doctor --repair'],
  run: doctorRun,
}

async function doctorRun(call: Call): Promise<void> {
  if (call.flags.on('repair')) return repairRun(call)
  const folder = await dataFolderGiven(call.flags)
  const checks: Check[] = []
  const add = async (
    name: string,
    work: () => Promise<Omit<Check, 'name'>> | Omit<Check, 'name'>,
  ) => {
    call.terminal.progress(`checking ${name}…`)
    checks.push({ name, ...(await attempt(work)) })
  }
  await add('node', checkNode)
  await add('data folder', () => checkFolder(folder))
  await add('disk', () => checkRoom(folder))
  for (const { name } of listDatasets()) await add(`data set ${name}`, () => checkDataset(name))
  try {
    await withSession(call, async (session) => {
      await add('database', () => checkDatabase(session))
      await add('native runtime', () => checkRuntime(session))
      await add('backends', () => checkLadder(session))
      await add('waiting process', () => checkWarm(session))
    })
  } catch (error) {
    checks.push({ name: 'database', status: 'failed', detail: asStudioError(error).message })
  }
  call.terminal.settle()
  report(call, checks)
}

async function repairRun({ flags, terminal }: Call): Promise<void> {
  const folder = await existingFolderGiven(flags)
  const { claimFolder } = await import('../../main/service/owner.ts')
  const claim = await claimFolder(folder, { shell: 'cli', version: '' })
  if (claim.kind === 'elsewhere')
    throw new StudioError(
      'wrong-state',
      `Expected a data folder that no program is using, found ${folder} open in process ${claim.pid}. Close that program, then repair.`,
    )
  try {
    const { repair, refuseSound } = await import('../../main/importers/repair.ts')
    refuseSound(folder)
    terminal.progress('reading the checkpoints…')
    const { kept, runs, unused } = await repair(folder)
    terminal.settle()
    for (const { file, now, why } of unused)
      terminal.note(
        `${file} cannot be used and was ${now === file ? 'left in place' : `kept as ${now}`}: ${why}`,
      )
    terminal.print(
      [
        `${count(runs.length)} run${runs.length === 1 ? '' : 's'} rebuilt from ${count(runs.reduce((sum, run) => sum + run.checkpoints, 0))} checkpoints.`,
        ...(kept === null ? [] : [`The old database was kept as ${kept}.`]),
        'List them with: latent runs',
      ].join('\n'),
    )
    terminal.document({ kept, runs, unused })
  } finally {
    await claim.release()
  }
}

function report(call: Call, checks: Check[]): void {
  const width = Math.max(...checks.map((check) => check.name.length))
  const failed = checks.filter((check) => check.status === 'failed')
  call.terminal.print(
    checks
      .map((check) => `${check.status.padEnd(6)}  ${check.name.padEnd(width)}  ${check.detail}`)
      .join('\n'),
  )
  call.terminal.document({ ok: failed.length === 0, checks })
  if (failed.length > 0)
    throw new StudioError(
      'internal',
      `Expected all checks to pass, found ${failed.length} failed: ${failed.map((check) => check.name).join(', ')}. See the lines above for what to do.`,
    )
}

async function attempt(
  work: () => Promise<Omit<Check, 'name'>> | Omit<Check, 'name'>,
): Promise<Omit<Check, 'name'>> {
  try {
    return await work()
  } catch (error) {
    return { status: 'failed', detail: asStudioError(error).message }
  }
}

function checkNode(): Omit<Check, 'name'> {
  const major = Number(process.versions.node.split('.')[0])
  if (major < neededNode)
    return {
      status: 'failed',
      detail: `expected ${neededNode} or newer, found ${process.versions.node}; run npm ci`,
    }
  return { status: 'ok', detail: `${process.versions.node}, ${process.platform} ${process.arch}` }
}

function checkFolder(folder: string): Omit<Check, 'name'> {
  const probe = join(folder, `.probe-${randomBytes(6).toString('hex')}`)
  try {
    makeDataFolder(folder)
    writeFileSync(probe, 'probe')
    rmSync(probe)
    return { status: 'ok', detail: `${folder} is writable` }
  } catch (error) {
    return {
      status: 'failed',
      detail: `expected a writable folder at ${folder}, found ${fileReason(error)}; choose another with --data`,
    }
  }
}

function checkRoom(folder: string): Omit<Check, 'name'> {
  const { bavail, bsize } = statfsSync(folder)
  const free = bavail * bsize
  if (free < roomNeeded)
    return {
      status: 'failed',
      detail: `expected ${bytes(roomNeeded)} free, found ${bytes(free)}; free some space or choose another folder with --data`,
    }
  return { status: 'ok', detail: `${bytes(free)} free` }
}

async function checkDataset(name: string): Promise<Omit<Check, 'name'>> {
  const { info } = await openDataset(name)
  const images = info.images.train + info.images.validation + info.images.test
  return { status: 'ok', detail: `${count(images)} images, checksums match` }
}

// The owner of the folder alone opens the database; another owner is asked how it is.
async function checkDatabase({
  client,
  dataFolder,
  owner,
  readOnly,
}: Session): Promise<Omit<Check, 'name'>> {
  const { runs, storeBytes, shell } = await client.system.status()
  const size = `${count(runs)} runs, ${bytes(storeBytes)}`
  if (readOnly)
    return { status: 'note', detail: `${size}; read-only for this user; integrity not checked` }
  if (!owner)
    return {
      status: 'ok',
      detail: `${size}; open in another program (${shell}), which responds; integrity not checked`,
    }
  const { openReadOnly } = await import('../../main/store/open.ts')
  const store = openReadOnly(dataFolder)
  try {
    const found: unknown = store.database.pragma('integrity_check', { simple: true })
    if (found !== 'ok')
      return {
        status: 'failed',
        detail: `expected an intact database, found: ${String(found).slice(0, 200)}; first make a copy of ${dataFolder}, then rebuild the list of runs with: latent doctor --repair`,
      }
    return { status: 'ok', detail: `${size}, integrity ok` }
  } finally {
    store.close()
  }
}

// An owner with pages keeps a trainer process ready for the next run; a command keeps none.
async function checkWarm({ client, owner }: Session): Promise<Omit<Check, 'name'>> {
  const { warm } = await client.system.status()
  if (!warm)
    return { status: 'ok', detail: owner ? 'none; commands do not keep one' : 'none at the moment' }
  const size = warm.bytes === null ? '' : `, ${bytes(warm.bytes)} of memory`
  return {
    status: 'ok',
    detail: `process ${warm.pid} ${warm.ready ? 'is ready' : 'is loading'} for the next run${size}`,
  }
}

async function checkRuntime({ client }: Session): Promise<Omit<Check, 'name'>> {
  const runtimes = await client.system.runtime()
  // one with a problem does not count as installed
  const damaged = runtimes.find((runtime) => runtime.problem)
  if (damaged) return { status: 'failed', detail: `${damaged.variant}: ${damaged.problem}` }
  const installed = runtimes.filter((runtime) => runtime.installed)
  if (installed.length === 0)
    return {
      status: 'note',
      detail: 'not installed; training uses WebAssembly; install it with: latent runtime install',
    }
  return {
    status: 'ok',
    detail: installed.map((runtime) => `${runtime.variant} ${runtime.version}`).join(', '),
  }
}

async function checkLadder({ client }: Session): Promise<Omit<Check, 'name'>> {
  const { active, ladder } = await client.system.backends({ force: false })
  const left = ladder.slice(
    0,
    Math.max(
      0,
      ladder.findIndex((rung) => rung.rung === active),
    ),
  )
  const reasons = left.map((rung) => `${rung.rung}: ${rung.reason}`).join('; ')
  if (!active)
    return {
      status: 'failed',
      detail: `expected at least one working backend, found none: ${reasons}`,
    }
  return { status: 'ok', detail: `${active}${reasons ? ` (${reasons})` : ''}` }
}
