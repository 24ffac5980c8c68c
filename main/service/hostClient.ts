// Requests to one host process over its port: each has a number, a time limit and a place in a
// queue of limited length; when the process dies, or the asker leaves, it is settled at once. A
// request that the host has keeps its place there until the host answers, so that asking and
// leaving fills nothing.
import { StudioError, type ErrorCode } from '../../preload/contract/errors.ts'
import type { Progress } from '../../preload/contract/records.ts'
import type { FromHost, HostPort, ToHost } from '../host/protocol.ts'

/**
 * Requests that may wait for one host; more are refused, so that its queue cannot grow without
 * bound.
 */
export const maxWaiting = 64

export type Question = Extract<ToHost, { kind: 'latent' | 'analyse' | 'evaluate' | 'ladder' }>
/** A question before it has its number. */
export type Unnumbered = Question extends infer Q
  ? Q extends Question
    ? Omit<Q, 'id'>
    : never
  : never
export type Answer = Extract<FromHost, { kind: 'answer' }>['value']

export interface AskOptions {
  signal?: AbortSignal | undefined
  /**
   * Milliseconds without an answer or a sign of progress before the request fails with
   * `host-failed`.
   */
  limit: number
  onProgress?: ((progress: Progress) => void) | undefined
  /** Called when the limit passed: the host may be stuck. */
  onSilence?: (() => void) | undefined
}

interface Pending {
  settle(error: StudioError | null, value?: Answer): void
  progress(progress: Progress): void
}

export class HostClient {
  private readonly port: HostPort
  private readonly pending = new Map<number, Pending>()
  /** Sent and not answered yet, whether somebody still waits or not. */
  private readonly atHost = new Set<number>()
  private readonly unsent = new Map<number, Question>()
  private gone: StudioError | undefined
  private lastId = 0
  private onIdle: (() => void) | undefined

  constructor(port: HostPort) {
    this.port = port
  }

  /** Calls back when the last waiting request is settled. */
  whenIdle(callback: () => void): void {
    this.onIdle = callback
  }

  get waiting(): number {
    return this.pending.size
  }

  /** Settles the request that a message answers; false when the message is about something else. */
  take(message: FromHost): boolean {
    if (message.kind === 'answer' || message.kind === 'refused') this.atHost.delete(message.id)
    if (message.kind === 'answer') this.pending.get(message.id)?.settle(null, message.value)
    else if (message.kind === 'progress') this.pending.get(message.id)?.progress(message.progress)
    else if (message.kind === 'refused') this.pending.get(message.id)?.settle(refusal(message))
    else return false
    this.sendNext()
    return true
  }

  /**
   * The process is gone: every waiting request fails with `host-failed`, and so does every later
   * one.
   */
  fail(reason: string | StudioError): void {
    this.gone ??=
      reason instanceof StudioError
        ? reason
        : new StudioError(
            'host-failed',
            `Expected an answer, found that its process had ended (${reason}). Try again; the process restarts.`,
            {
              reason,
            },
          )
    this.unsent.clear()
    for (const request of [...this.pending.values()]) request.settle(this.gone)
  }

  /**
   * Throws `host-failed` (died, silent), `busy` (too many waiting), `cancelled`, or what the host
   * refused with.
   */
  ask(question: Unnumbered, options: AskOptions): Promise<Answer> {
    if (this.gone) return Promise.reject(this.gone)
    if (options.signal?.aborted) return Promise.reject(cancelled())
    if (this.pending.size >= maxWaiting)
      return Promise.reject(
        new StudioError(
          'busy',
          `Expected at most ${maxWaiting} requests waiting for one process, found ${this.pending.size}. Wait for answers, then try again.`,
          { waiting: this.pending.size },
        ),
      )
    const id = (this.lastId += 1)
    const answer = this.expect(id, options)
    this.unsent.set(id, { ...question, id } as Question)
    this.sendNext()
    return answer
  }

  private sendNext(): void {
    for (const [id, question] of this.unsent) {
      if (this.atHost.size >= maxWaiting) return
      this.unsent.delete(id)
      this.atHost.add(id)
      this.port.send(question)
    }
  }

  private cancel(id: number): void {
    if (!this.unsent.delete(id)) this.port.send({ kind: 'cancel', id })
  }

  private expect(id: number, options: AskOptions): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const silence = () => {
        this.cancel(id)
        request.settle(
          new StudioError(
            'host-failed',
            `Expected an answer within ${Math.round(options.limit / 1000)} s, found none. Try again, or ask for less at once.`,
            {},
          ),
        )
        options.onSilence?.()
      }
      let timer = setTimeout(silence, options.limit)
      const leave = () => {
        this.cancel(id)
        request.settle(cancelled())
      }
      const request: Pending = {
        settle: (error, value) => {
          if (!this.pending.delete(id)) return
          clearTimeout(timer)
          options.signal?.removeEventListener('abort', leave)
          if (error) reject(error)
          else resolve(value as Answer)
          if (this.pending.size === 0) this.onIdle?.()
        },
        progress: (progress) => {
          clearTimeout(timer)
          timer = setTimeout(silence, options.limit)
          options.onProgress?.(progress)
        },
      }
      options.signal?.addEventListener('abort', leave, { once: true })
      this.pending.set(id, request)
    })
  }
}

function refusal(message: {
  code: ErrorCode
  message: string
  data: Record<string, unknown>
}): StudioError {
  return new StudioError(message.code, message.message, message.data)
}

function cancelled(): StudioError {
  return new StudioError('cancelled', 'The request was cancelled.')
}
