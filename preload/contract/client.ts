// The client's end of the contract over any carrier: every failure arrives as a StudioError with
// the code of the closed list, an iterator that its reader leaves ends quietly, and a message too
// large is refused before it is sent.
import { createORPCClient, ORPCError, type ClientLink } from '@orpc/client'
import { RPCLink as PortLink, type SupportedMessagePort } from '@orpc/client/message-port'
import type { ContractRouterClient } from '@orpc/contract'
import { byteSerializers } from './bytes.ts'
import { errorCodes, StudioError, type ErrorCode } from './errors.ts'
import type { Contract } from './index.ts'

/** Bytes of one message from a client at most; the server drops a connection that sends more. */
export const maxMessageBytes = 1024 * 1024

export type Client = ContractRouterClient<Contract>
type NoContext = Record<never, never>
export type Link = ClientLink<NoContext>

/**
 * Options for RPCLink of any carrier: turns what is thrown into StudioErrors, in answers and in
 * iterators.
 */
export const linkOptions = {
  interceptors: [translateErrors],
  customJsonSerializers: byteSerializers,
}

/** The typed client over a link made with `linkOptions`. */
export function createClient(link: Link): Client {
  return createORPCClient<Client>(link)
}

/**
 * A client over one end of a MessageChannel (browser or Node) or of Electron's MessagePortMain
 * pair. Starts the port. When the port closes, pending calls and iterators fail with `host-failed`,
 * and so does every later call.
 */
export function connectPort(port: SupportedMessagePort): Client {
  const client = createClient(new PortLink<NoContext>({ port: guardedPort(port), ...linkOptions }))
  // a browser's port given a listener by addEventListener is silent until it is started
  if ('start' in port && typeof port.start === 'function') port.start()
  return client
}

/** Throws `bad-input` when an encoded message is over the limit. */
export function refuseOversize(message: unknown): void {
  const bytes = messageBytes(message)
  if (bytes <= maxMessageBytes) return
  throw new StudioError(
    'bad-input',
    `Expected a request of at most ${maxMessageBytes / 1024} KiB, found ${Math.ceil(bytes / 1024)} KiB. Send fewer images or points per request.`,
    { bytes, limit: maxMessageBytes },
  )
}

/**
 * Bytes of an encoded message; the characters of a text too short to be over the limit in any
 * script.
 */
export function messageBytes(message: unknown): number {
  if (typeof message === 'string')
    return message.length * 3 <= maxMessageBytes
      ? message.length
      : new TextEncoder().encode(message).length
  if (message instanceof ArrayBuffer || ArrayBuffer.isView(message)) return message.byteLength
  return 0
}

/** Whatever a call or an iterator threw, as a StudioError. */
export function fromWire(thrown: unknown, aborted: boolean): StudioError {
  if (thrown instanceof StudioError) return thrown
  if (aborted) return new StudioError('cancelled', 'The request was cancelled.')
  if (thrown instanceof ORPCError) return fromOrpc(thrown)
  const message = thrown instanceof Error ? thrown.message : String(thrown)
  // what the link throws when its carrier closes under a pending call, or is closed already
  const lost =
    thrown instanceof Error &&
    (thrown.name === 'AbortError' || /not open|is not open|was closed/.test(message))
  if (lost) return lostConnection()
  return new StudioError('internal', message)
}

function lostConnection(): StudioError {
  return new StudioError(
    'host-failed',
    'The connection to Latent Studio was lost. Check that the program that uses this data folder is running, then try again.',
    { disconnected: true },
  )
}

function fromOrpc(error: ORPCError<string, unknown>): StudioError {
  const data =
    typeof error.data === 'object' && error.data !== null
      ? (error.data as Record<string, unknown>)
      : {}
  if ((errorCodes as readonly string[]).includes(error.code))
    return new StudioError(error.code as ErrorCode, error.message, data)
  return new StudioError('internal', error.message, data)
}

interface CallOptions {
  signal?: AbortSignal | undefined
  next(): Promise<unknown>
}

async function translateErrors(options: CallOptions): Promise<unknown> {
  try {
    const output = await options.next()
    return isIterator(output) ? translated(output, options.signal) : output
  } catch (thrown) {
    throw fromWire(thrown, options.signal?.aborted === true)
  }
}

function isIterator(value: unknown): value is AsyncIterator<unknown> {
  return (
    typeof value === 'object' && value !== null && Symbol.asyncIterator in value && 'next' in value
  )
}

// Written by hand, not as a generator: a generator's return() waits for the pending next(), which
// may wait for ever.
function translated(
  source: AsyncIterator<unknown>,
  signal: AbortSignal | undefined,
): AsyncIterableIterator<unknown> {
  let left = false
  const iterator: AsyncIterableIterator<unknown> = {
    async next() {
      try {
        return await source.next()
      } catch (thrown) {
        if (left) return { done: true, value: undefined }
        throw fromWire(thrown, signal?.aborted === true)
      }
    },
    async return(value?: unknown) {
      left = true
      await source.return?.().catch(() => undefined)
      return { done: true, value }
    },
    [Symbol.asyncIterator]: () => iterator,
  }
  return iterator
}

// The same port, refusing to send what the other side would drop the connection for, and telling
// how many messages were received, so that the other side sends no more than are read. A closed
// port takes messages in silence, so a call made after that would wait for ever: it fails like
// those that waited when it closed.
function guardedPort(port: SupportedMessagePort): SupportedMessagePort {
  let closed = false
  const onClose = () => (closed = true)
  let received = 0
  const onMessage = () => {
    if (!closed) port.postMessage((received += 1))
  }
  if ('addEventListener' in port) {
    port.addEventListener('close', onClose)
    port.addEventListener('message', onMessage)
  } else if ('on' in port) {
    port.on('close', onClose)
    port.on('message', onMessage)
  } else {
    port.onDisconnect.addListener(onClose)
    port.onMessage.addListener(onMessage)
  }
  const postMessage = (message: unknown) => {
    refuseOversize(message)
    if (closed) throw lostConnection()
    port.postMessage(message)
  }
  if ('addEventListener' in port)
    return {
      addEventListener: port.addEventListener.bind(port),
      postMessage,
    } as SupportedMessagePort
  if ('on' in port) return { on: port.on.bind(port), postMessage }
  return { onMessage: port.onMessage, onDisconnect: port.onDisconnect, postMessage }
}
