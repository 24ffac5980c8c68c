// The lines that only Electron draws: a MessagePort to each page that main itself loaded, and hosts
// as utility processes (with the runAsNode fuse off, child_process cannot fork inside a packaged
// app).
import {
  MessageChannelMain,
  utilityProcess,
  type BrowserWindow,
  type IpcMainEvent,
  type MessagePortMain,
} from 'electron'
import { readCheck, type CheckProcess } from '../backends/child.ts'
import { isCheckQuestion, type CheckAnswer, type CheckQuestion } from '../host/delegatedCheck.ts'
import type { FromHost, HostPort, ToHost } from '../host/protocol.ts'
import { hostEnvironment } from '../runtime/environment.ts'
import { exitReason, manner } from '../service/launch.ts'
import { origin } from './origin.ts'

/**
 * Gives every load of the window's page one fresh port and closes the one of the load before. A
 * page that asks twice gets nothing the second time, and whoever else asks gets nothing at all.
 */
export function handOverPorts(
  window: BrowserWindow,
  connect: (port: MessagePortMain) => void,
): void {
  let current: MessagePortMain | undefined
  const contents = window.webContents
  const drop = () => {
    current?.close()
    current = undefined
  }
  // a document has been replaced; the new one's preload can only ask after that
  contents.on('did-navigate', drop)
  contents.on('render-process-gone', drop)
  window.once('closed', drop)
  contents.ipc.on('studio:connect', (event) => {
    if (current !== undefined || !sentByOurPage(event, window)) return
    const { port1, port2 } = new MessageChannelMain()
    current = port1
    // not started here: what the page says while the studio opens would be lost. Whoever listens
    // starts it
    connect(port1)
    event.senderFrame?.postMessage('studio:port', null, [port2])
  })
}

/** Only the main frame of this window, and only while it shows our own pages. */
function sentByOurPage(event: IpcMainEvent, window: BrowserWindow): boolean {
  const frame = event.senderFrame
  return (
    frame !== null &&
    frame === window.webContents.mainFrame &&
    frame.parent === null &&
    frame.origin === origin
  )
}

/** Characters kept of what a process printed. */
const tailLength = 4000

/**
 * Starts the host program `program` in a role. Typed arrays travel as copies: a transferred
 * ArrayBuffer would be lost. A host cannot start processes of its own here, so `check` is the
 * program that tries a rung for it.
 */
export function forkHost(program: string, check: string, role: 'trainer' | 'viewer'): HostPort {
  const child = utilityProcess.fork(program, [role], {
    serviceName: `Latent Studio ${role}`,
    stdio: 'pipe',
    env: hostEnvironment(),
  })
  const waiting: ToHost[] = []
  let spawned = false
  let fatal = ''
  let printed = ''
  child.stdout?.resume()
  child.stderr?.on(
    'data',
    (chunk: Buffer) => (printed = (printed + chunk.toString()).slice(-tailLength)),
  )
  child.once('spawn', () => {
    spawned = true
    for (const message of waiting.splice(0)) child.postMessage(message)
  })
  child.on('error', (type, location) => (fatal = `${type} at ${location}`))
  return {
    get pid() {
      return child.pid ?? null
    },
    send: (message) => (spawned ? child.postMessage(message) : void waiting.push(message)),
    onMessage: (listener) =>
      void child.on('message', (message: FromHost | CheckQuestion) => {
        if (isCheckQuestion(message))
          void answerCheck(message, check, (answer) => child.postMessage(answer))
        else listener(message)
      }),
    onExit: (listener) =>
      void child.once('exit', (code) =>
        listener(fatal || exitReason(code, null, printed), manner(code, null)),
      ),
    kill: () => void child.kill(),
  }
}

async function answerCheck(
  question: CheckQuestion,
  check: string,
  send: (answer: CheckAnswer) => void,
): Promise<void> {
  const { id, rung, cacheFolder } = question
  send({ kind: 'checked', id, outcome: await readCheck(forkCheck(check, [rung, cacheFolder])) })
}

/**
 * The throw-away process as a utility process: it answers by its port, because its output ends with
 * it.
 */
function forkCheck(program: string, args: string[]): CheckProcess {
  const child = utilityProcess.fork(program, args, {
    serviceName: 'Latent Studio check',
    stdio: 'pipe',
    env: hostEnvironment(),
  })
  child.stdout?.resume()
  return {
    onAnswer: (listener) => void child.on('message', listener),
    onComplaint: (listener) =>
      void child.stderr?.on('data', (chunk: Buffer) => listener(chunk.toString())),
    onFailure: () => undefined,
    onExit: (listener) => void child.once('exit', (code) => listener(code, signalOf(code))),
    kill: () => void child.kill(),
  }
}

// What waitpid says of a process that a signal ended: its number, with 128 added when memory was
// dumped.
function signalOf(code: number): NodeJS.Signals | null {
  if (process.platform === 'win32') return null
  const signals: Record<number, NodeJS.Signals> = {
    4: 'SIGILL',
    6: 'SIGABRT',
    7: 'SIGBUS',
    11: 'SIGSEGV',
  }
  return signals[code & 127] ?? null
}
