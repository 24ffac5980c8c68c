// `npm start`: builds the pages where they are missing or old, then opens what this machine can
// show: the app, a browser, or just the address. Flags after `--`: --no-run, --no-runtime,
// --no-warm, --serve, --port N, --data DIR.
import { parseArgs } from 'node:util'
import { defaultDataFolder } from '../main/service/folder.ts'
import type { Client } from '../preload/contract/client.ts'
import { asStudioError, StudioError } from '../preload/contract/errors.ts'
import { buildWhereNeeded } from './buildPages.ts'
import { listenForRequests } from './cli/interrupt.ts'
import { stdoutFailure, watchStreams } from './cli/streams.ts'
import { createTerminal, tellError, type Terminal } from './cli/terminal.ts'
import { runElectron } from './electron.ts'
import { serve } from './loopbackServer.ts'
import {
  findElectron,
  hasDisplay,
  installElectron,
  openBrowser,
  planStart,
  type Plan,
} from './shell.ts'
import { storeIsEmpty, trainTutorial } from './tutorial.ts'
import { root } from './testing/runNode.ts'

const electronSeconds = 120
const terminal = createTerminal(false)

interface Wishes {
  dataFolder: string
  port: number
  noRun: boolean
  noRuntime: boolean
  noWarm: boolean
  forceServe: boolean
}

function readWishes(args: string[]): Wishes {
  const switches = {
    'no-run': { type: 'boolean' },
    'no-runtime': { type: 'boolean' },
    'no-warm': { type: 'boolean' },
    serve: { type: 'boolean' },
  } as const
  const { values } = parseArgs({
    args,
    options: { ...switches, port: { type: 'string' }, data: { type: 'string' } },
  })
  const port = Number(values.port ?? 0)
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new StudioError(
      'bad-input',
      `--port: expected a whole number from 0 to 65535, found "${values.port}".`,
    )
  }
  return {
    dataFolder: defaultDataFolder(
      values.data === undefined ? process.env : { LATENT_STUDIO_HOME: values.data },
    ),
    port,
    noRun: values['no-run'] ?? false,
    noRuntime: values['no-runtime'] ?? false,
    noWarm: values['no-warm'] ?? false,
    forceServe: values.serve ?? false,
  }
}

async function runApp(binary: string, dataFolder: string): Promise<boolean> {
  const opened = await runElectron(binary, [root], {
    ...process.env,
    LATENT_STUDIO_HOME: dataFolder,
  })
  if (!opened) terminal.note('the app did not open; using the browser')
  return opened
}

async function open(shell: Plan['shells'][number], plan: Plan, wishes: Wishes): Promise<boolean> {
  if (shell === 'electron') return runApp(findElectron() ?? '', wishes.dataFolder)
  if (shell === 'install-electron') {
    terminal.note(`downloading Electron, at most ${electronSeconds} s...`)
    const binary = await installElectron(electronSeconds)
    if (binary !== undefined) return runApp(binary, wishes.dataFolder)
    terminal.note(
      'Electron could not be downloaded; using the browser (to try again: npx install-electron)',
    )
    return false
  }
  await runServer(shell === 'browser' ? openBrowser : undefined, plan.trainTutorial, wishes)
  return true
}

async function runServer(
  openAddress: ((url: string) => void) | undefined,
  withTutorial: boolean,
  wishes: Wishes,
): Promise<void> {
  const served = await serve({
    dataFolder: wishes.dataFolder,
    port: wishes.port,
    open: openAddress,
    warm: !wishes.noWarm,
  })
  const { studio } = served
  if (studio === null) return
  let closing = false
  void served.done.then(() => (closing = true))
  const client = studio.connect()
  // an error of these two is no reason to end the server; while it closes, it is none at all
  const tell = (error: unknown) =>
    closing ? undefined : terminal.note(asStudioError(error).message)
  if (!wishes.noRuntime) void installRuntime(client, terminal).catch(tell)
  if (withTutorial && (await storeIsEmpty(client)))
    await trainTutorial(client, studio.dataFolder, terminal).catch(tell)
  await served.done
}

/**
 * Fetches the native runtime beside whatever runs; a line at each quarter, since the terminal has
 * one progress line.
 */
async function installRuntime(client: Client, terminal: Terminal): Promise<void> {
  const runtimes = await client.system.runtime()
  if (runtimes.every((runtime) => runtime.installed || runtime.variant !== 'cpu')) return
  let quarter = -1
  let job = await client.jobs.start({ kind: 'runtime', variant: 'cpu' })
  for await (job of await client.jobs.follow({ job: job.id })) {
    const { done, total, unit } = job.progress ?? { done: 0, total: 0, unit: '' }
    const reached = unit === 'bytes' && total > 0 ? Math.floor((4 * done) / total) : quarter
    if (reached > quarter)
      terminal.note(
        `native runtime ${reached * 25} %${reached < 4 ? ', train on wasm meanwhile' : ''}`,
      )
    quarter = Math.max(quarter, reached)
  }
  if (job.status === 'done') terminal.note('native runtime ready: new runs use it')
  if (job.error) {
    terminal.note(`native runtime not installed; runs use wasm: ${job.error.message}`)
    // said here; a machine that cannot have it would fill the list, one line a start
    await client.jobs.remove({ job: job.id })
  }
}

async function main(): Promise<void> {
  const wishes = readWishes(process.argv.slice(3))
  const display = hasDisplay(process.env, process.platform)
  const plan = planStart({ display, electron: findElectron() !== undefined, ...wishes })
  await buildWhereNeeded((line) => terminal.note(line), plan.shells[0] !== 'serve')
  for (const shell of plan.shells) if (await open(shell, plan, wishes)) return
}

listenForRequests()
watchStreams()
try {
  await main()
  const failure = stdoutFailure()
  if (failure instanceof StudioError) throw failure
} catch (error) {
  tellError(asStudioError(error).message, '')
  process.exitCode = 1
}
process.exit()
