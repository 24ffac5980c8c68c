// The one connection to the program's other half: a MessagePort handed over by Electron's preload, or a WebSocket to
// the loopback shell that served this page. Calls made while it is down wait for it; failures are StudioErrors.
import { connectPort, type Client } from '../../preload/contract/client.ts'
import { connectSocket } from '../../preload/contract/connection.ts'
import { acceptPort } from './handover.ts'

export type ConnectionStatus = 'connecting' | 'open' | 'lost' | 'gone'

const patience = 8000 // milliseconds without a connection after which the person is told what to do

/** Every procedure of the contract; set by `connection.start`, before anything is mounted. */
export let client: Client

class Connection {
  /** `connecting` until the first one; `lost` while a broken one is being opened again; `gone` when that takes long. */
  status = $state<ConnectionStatus>('connecting')
  #onOpen = new Set<() => void>()
  #timer: ReturnType<typeof setTimeout> | undefined

  /** Resolves when `client` can be called; with a WebSocket that is at once. */
  async start(): Promise<void> {
    if (navigator.userAgent.includes('Electron/')) await this.#awaitPort()
    else this.#openSocket()
  }

  /** Calls back at every new connection (and at once when one is open); returns how to stop that. Followers resynchronise here. */
  onOpen(listener: () => void): () => void {
    this.#onOpen.add(listener)
    if (this.status === 'open') listener()
    return () => this.#onOpen.delete(listener)
  }

  #opened(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.status = 'open'
    for (const listener of [...this.#onOpen]) listener()
  }

  #closed(): void {
    if (this.status === 'open') this.status = 'lost'
    this.#timer ??= setTimeout(() => (this.status = 'gone'), patience)
  }

  // The preload posts one fresh port to its own window at every load of the page.
  async #awaitPort(): Promise<void> {
    const port = await acceptPort(window)
    port.addEventListener('close', () => this.#closed())
    client = connectPort(port)
    this.#opened()
  }

  #openSocket(): void {
    const socket = connectSocket(`${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/rpc`)
    client = socket.client
    socket.onState((state) => (state === 'open' ? this.#opened() : this.#closed()))
  }
}

export const connection = new Connection()
