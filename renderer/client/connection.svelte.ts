// The one connection to the program's other half: a MessagePort handed over by Electron's preload,
// or a WebSocket to the loopback shell that served this page. Calls made while it is down wait for
// it; failures are StudioErrors.
import { connectPort, type Client } from '../../preload/contract/client.ts'
import { connectSocket } from '../../preload/contract/connection.ts'
import { Comeback, keepTicket } from './pageReturn.ts'
import { acceptPort } from './handover.ts'

/**
 * `connecting` until the first one; `lost` while a broken one is being opened again; `gone` when
 * that takes long; `refused` when a program answers that does not know this page; `ended` when only
 * a reload can help.
 */
export type ConnectionStatus = 'connecting' | 'open' | 'lost' | 'gone' | 'refused' | 'ended'

const patience = 8000 // milliseconds without a connection after which the person is told what to do

/** Every procedure of the contract; set by `connection.start`, before anything is mounted. */
export let client: Client

class Connection {
  status = $state<ConnectionStatus>('connecting')
  /** Goes up when a broken connection is open again. */
  generation = $state(0)
  #onOpen = new Set<() => void>()
  #timer: ReturnType<typeof setTimeout> | undefined

  /** Resolves when `client` can be called; with a WebSocket that is at once. */
  async start(): Promise<void> {
    if (navigator.userAgent.includes('Electron/')) await this.#awaitPort()
    else this.#openSocket()
  }

  /**
   * Calls back at every new connection (and at once when one is open); returns how to stop that.
   * Followers resynchronise here.
   */
  onOpen(listener: () => void): () => void {
    this.#onOpen.add(listener)
    if (this.status === 'open') listener()
    return () => this.#onOpen.delete(listener)
  }

  #opened(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    if (this.status !== 'connecting') this.generation += 1
    this.status = 'open'
    for (const listener of [...this.#onOpen]) listener()
  }

  #closed(): void {
    if (this.status === 'open') this.status = 'lost'
    this.#timer ??= setTimeout(() => {
      if (this.status !== 'refused') this.status = 'gone'
    }, patience)
  }

  // The preload posts one fresh port to its own window at every load of the page.
  async #awaitPort(): Promise<void> {
    const port = await acceptPort(window)
    port.addEventListener('close', () => (this.status = 'ended'))
    client = connectPort(port)
    this.#opened()
  }

  #openSocket(): void {
    keepTicket()
    const comeback = new Comeback()
    const mayTry = async () => {
      const entry = await comeback.enter()
      if (entry === 'refused') this.status = 'refused'
      else if (this.status === 'refused') this.status = 'gone'
      return entry === 'welcome'
    }
    const address = `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/rpc`
    const socket = connectSocket(address, { mayTry, retry: [250, 500, 1000] })
    client = socket.client
    socket.onState((state) => {
      if (state !== 'open') return this.#closed()
      void comeback.prepare()
      this.#opened()
    })
  }
}

export const connection = new Connection()
