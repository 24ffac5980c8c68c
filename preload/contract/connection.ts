// A client over a WebSocket that comes back by itself: calls wait while the line is down (for a
// while) and then go over the new one; iterators of the old line fail with `host-failed`, and their
// readers ask again when `state` is open.
import type { ClientLink } from '@orpc/client'
import { RPCLink as SocketLink } from '@orpc/client/websocket'
import { createClient, linkOptions, refuseOversize, type Client, type Link } from './client.ts'
import { StudioError } from './errors.ts'

export type ConnectionState = 'connecting' | 'open' | 'closed'

export interface Connection {
  readonly client: Client
  readonly state: ConnectionState
  /** Called at once with the present state, then at every change; returns how to stop listening. */
  onState(listener: (state: ConnectionState) => void): () => void
  /** Ends the connection for good. */
  close(): void
}

export interface ConnectionOptions {
  /** Milliseconds between tries, first to last; the last one is repeated. */
  retry?: number[]
  /** Asked before each try but the first; false: not now, it is asked again after the next wait. */
  mayTry?: () => Promise<boolean>
  /** How long a call waits for the line before it fails with `host-failed`, milliseconds. */
  patience?: number
}

/**
 * The address ends in /rpc; a program without the browser's cookie adds ?token=.... Browser and
 * Node alike.
 */
export function connectSocket(url: string, options: ConnectionOptions = {}): Connection {
  return new SocketConnection(url, options)
}

type AnyLink = ClientLink<Record<never, never>>

class SocketConnection implements Connection {
  readonly client: Client
  state: ConnectionState = 'connecting'
  private readonly url: string
  private readonly retry: number[]
  private readonly patience: number
  private readonly mayTry: () => Promise<boolean>
  private readonly listeners = new Set<(state: ConnectionState) => void>()
  private socket: WebSocket | undefined
  private link: AnyLink | undefined
  private tries = 0
  private timer: ReturnType<typeof setTimeout> | undefined

  constructor(url: string, options: ConnectionOptions) {
    this.url = url
    this.retry = options.retry ?? [250, 500, 1000, 2000]
    this.patience = options.patience ?? 10_000
    this.mayTry = options.mayTry ?? (() => Promise.resolve(true))
    const link: Link = {
      call: async (path, input, callOptions) =>
        (await this.openLink(callOptions.signal)).call(path, input, callOptions),
    }
    this.client = createClient(link)
    this.connect()
  }

  onState(listener: (state: ConnectionState) => void): () => void {
    this.listeners.add(listener)
    listener(this.state)
    return () => this.listeners.delete(listener)
  }

  close(): void {
    clearTimeout(this.timer)
    this.change('closed')
    this.socket?.close()
    this.listeners.clear()
  }

  private connect(): void {
    const socket = new WebSocket(this.url)
    socket.binaryType = 'arraybuffer'
    this.socket = socket
    const link = new SocketLink<Record<never, never>>({
      websocket: guarded(socket),
      ...linkOptions,
    })
    socket.addEventListener('open', () => {
      if (this.state === 'closed') return socket.close()
      this.tries = 0
      this.link = link
      this.change('open')
    })
    // a failed try fires `error` and then `close`
    socket.addEventListener('close', () => {
      this.link = undefined
      if (this.state === 'closed') return
      this.change('connecting')
      this.connectLater()
    })
  }

  private connectLater(): void {
    const wait = this.retry[Math.min(this.tries, this.retry.length - 1)] ?? 1000
    this.tries += 1
    this.timer = setTimeout(() => void this.connectWhereAllowed(), wait)
  }

  private async connectWhereAllowed(): Promise<void> {
    const allowed = await this.mayTry()
    if (this.state === 'closed') return
    if (allowed) this.connect()
    else this.connectLater()
  }

  private change(state: ConnectionState): void {
    if (this.state === state) return
    this.state = state
    for (const listener of [...this.listeners]) listener(state)
  }

  private openLink(signal: AbortSignal | undefined): Promise<AnyLink> {
    if (this.link) return Promise.resolve(this.link)
    return new Promise((resolve, reject) => {
      const settle = (finish: () => void) => {
        clearTimeout(timer)
        signal?.removeEventListener('abort', cancelled)
        this.listeners.delete(listener)
        finish()
      }
      const cancelled = () =>
        settle(() => reject(new StudioError('cancelled', 'The request was cancelled.')))
      const timer = setTimeout(() => settle(() => reject(unreachable())), this.patience)
      const listener = (state: ConnectionState) => {
        const link = this.link
        if (state === 'closed') settle(() => reject(unreachable()))
        else if (link) settle(() => resolve(link))
      }
      signal?.addEventListener('abort', cancelled)
      if (signal?.aborted) return cancelled()
      this.listeners.add(listener)
      listener(this.state)
    })
  }
}

function unreachable(): StudioError {
  return new StudioError(
    'host-failed',
    'Latent Studio does not answer at its address. Check that it is running with this data folder; if not, start it and try again.',
    { disconnected: true },
  )
}

function guarded(socket: WebSocket) {
  return {
    addEventListener: socket.addEventListener.bind(socket),
    removeEventListener: socket.removeEventListener.bind(socket),
    get readyState() {
      return socket.readyState
    },
    send(message: string | ArrayBuffer | ArrayBufferView) {
      refuseOversize(message)
      socket.send(message as string)
    },
  } as Pick<WebSocket, 'addEventListener' | 'removeEventListener' | 'send' | 'readyState'>
}
