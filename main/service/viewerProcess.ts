// The one viewer process, for questions about stored checkpoints, evaluations and the ladder:
// started by the first question, started again after a death, stopped when nobody has asked for
// some minutes.
import { StudioError } from '../../preload/contract/errors.ts'
import type { Rung } from '../../preload/contract/runConfig.ts'
import type { AvoidedRung, Fork, HostPort } from '../host/protocol.ts'
import { HostClient, type Answer, type AskOptions, type Unnumbered } from './hostClient.ts'

export interface ViewerOptions {
  fork: Fork
  cacheFolder: string
  /** Milliseconds without questions before the process is stopped. */
  idle?: number
}

export class Viewer {
  private readonly options: ViewerOptions
  private readonly idle: number
  private current: { port: HostPort; line: HostClient } | undefined
  private idleTimer: NodeJS.Timeout | undefined
  private closed = false
  private avoid: AvoidedRung[] = []

  constructor(options: ViewerOptions) {
    this.options = options
    this.idle = options.idle ?? 5 * 60_000
  }

  /** The process that runs now, if any. */
  get pid(): number | null {
    return this.current?.port.pid ?? null
  }

  /**
   * As HostClient.ask; a host that stays silent past the limit is killed, and the next question
   * starts another.
   */
  async ask(question: Unnumbered, options: AskOptions): Promise<Answer> {
    if (this.closed) throw new StudioError('cancelled', 'Latent Studio is closing.')
    const { port, line } = (this.current ??= this.start())
    clearTimeout(this.idleTimer)
    try {
      return await line.ask(question, { ...options, onSilence: () => port.kill() })
    } finally {
      if (line.waiting === 0) this.rest()
    }
  }

  /**
   * The next question starts a fresh process; the questions that wait are answered by the present
   * one first.
   */
  restart(): void {
    const current = this.current
    this.avoid = []
    this.current = undefined
    if (current && current.line.waiting === 0) current.port.kill()
    else current?.line.whenIdle(() => current.port.kill())
  }

  close(): void {
    this.closed = true
    this.stop()
  }

  private start(): { port: HostPort; line: HostClient } {
    const port = this.options.fork('viewer')
    const line = new HostClient(port)
    port.onMessage((message) => {
      if (message.kind === 'trying') trying = message.rung
      else if (message.kind === 'failed')
        line.fail(new StudioError(message.code, message.message, message.data))
      else line.take(message)
    })
    let trying: Rung | null = null
    port.onExit((reason, manner) => {
      // the next process takes another backend: this one would end it again
      if (trying !== null && manner === 'failed') this.avoid.push({ rung: trying, reason })
      if (this.current?.port === port) this.current = undefined
      line.fail(reason)
    })
    port.send({ kind: 'view', cacheFolder: this.options.cacheFolder, avoid: this.avoid })
    return { port, line }
  }

  private rest(): void {
    clearTimeout(this.idleTimer)
    if (this.closed) return
    this.idleTimer = setTimeout(() => this.stop(), this.idle)
    this.idleTimer.unref()
  }

  private stop(): void {
    clearTimeout(this.idleTimer)
    const current = this.current
    this.current = undefined
    current?.line.fail('stopped')
    current?.port.kill()
  }
}
