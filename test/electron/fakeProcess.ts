// The fake's MessagePortMain, over Node's ports, and utilityProcess, over real child processes
// whose `parentPort` comes from parentPort.ts. As documented: messages wait for start(), only ports
// can be transferred, kill() is SIGTERM and a little later the end, output and pid are gone at
// 'exit'.
import { fork, type ChildProcess } from 'node:child_process'
import { EventEmitter } from 'node:events'
import { constants } from 'node:os'
import { join } from 'node:path'
import { MessageChannel, type MessagePort as NodePort } from 'node:worker_threads'
import { state, whenReadyOnly } from './fakeState.ts'

export class MessagePortMain extends EventEmitter {
  #port: NodePort | null
  #started = false

  constructor(port: NodePort) {
    super()
    this.#port = port
    port.on('close', () => {
      // only the other end's closing is told
      if (this.#port === port) this.emit('close')
      this.#port = null
    })
  }

  start(): void {
    if (this.#started) return
    this.#started = true
    this.#port?.on('message', (data: unknown) => this.emit('message', { data, ports: [] }))
  }

  postMessage(message: unknown, transfer: unknown[] = []): void {
    if (!transfer.every((each) => each instanceof MessagePortMain))
      throw new TypeError('Port at index 0 is not a valid port')
    this.#port?.postMessage(message)
  }

  close(): void {
    const port = this.#port
    this.#port = null
    port?.close()
  }

  /** Handed to another process: this end is of no use any more. */
  leave(): NodePort {
    const port = this.#port
    if (!port)
      throw new Error('An object could not be cloned: the port was closed or handed over already')
    this.#port = null
    return port
  }
}

export class MessageChannelMain {
  readonly port1: MessagePortMain
  readonly port2: MessagePortMain

  constructor() {
    const { port1, port2 } = new MessageChannel()
    this.port1 = new MessagePortMain(port1)
    this.port2 = new MessagePortMain(port2)
  }
}

interface ForkOptions {
  serviceName?: string
  stdio?: 'pipe' | 'ignore' | 'inherit'
}

const patience = 2000 // milliseconds that Chromium gives a process after SIGTERM

class UtilityProcess extends EventEmitter {
  pid: number | undefined
  stdout: ChildProcess['stdout']
  stderr: ChildProcess['stderr']
  readonly serviceName: string
  #child: ChildProcess | null
  #killed = false

  constructor(
    program: string,
    args: string[],
    { serviceName = 'Node Utility Process', stdio = 'inherit' }: ForkOptions,
  ) {
    super()
    this.serviceName = serviceName
    const child = fork(program, args, {
      execArgv: [
        '--disable-warning=ExperimentalWarning',
        '--import',
        join(import.meta.dirname, 'parentPort.ts'),
      ],
      serialization: 'advanced',
      stdio: ['ignore', stdio, stdio, 'ipc'],
    })
    this.#child = child
    this.stdout = child.stdout
    this.stderr = child.stderr
    state.children.add(this)
    child.once('spawn', () => {
      this.pid = child.pid
      this.emit('spawn')
    })
    child.on('message', (message) => this.emit('message', message))
    child.on('error', () => undefined)
    child.once('exit', (code, signal) => this.#gone(code, signal))
  }

  postMessage(message: unknown): void {
    if (this.#child?.connected) this.#child.send(message as object, () => undefined)
  }

  kill(): boolean {
    const child = this.#child
    if (!child) return false
    this.#killed = child.kill('SIGTERM')
    setTimeout(() => child.kill('SIGKILL'), patience).unref()
    return this.#killed
  }

  /** The program has ended. */
  endNow(): void {
    this.#child?.kill('SIGKILL')
  }

  #gone(code: number | null, signal: NodeJS.Signals | null): void {
    state.children.delete(this)
    this.#child = null
    this.pid = undefined
    const status = signal === null ? (code ?? 0) : constants.signals[signal]
    const asked = this.#killed && (signal === 'SIGTERM' || signal === 'SIGKILL')
    this.emit('exit', asked ? 0 : status)
    this.stdout?.removeAllListeners()
    this.stderr?.removeAllListeners()
    this.stdout = null
    this.stderr = null
  }
}

export const forked: UtilityProcess[] = []

export const utilityProcess = {
  fork(program: string, args: string[] = [], options: ForkOptions = {}): UtilityProcess {
    whenReadyOnly('utilityProcess.fork')
    const child = new UtilityProcess(program, args, options)
    forked.push(child)
    return child
  },
}
