// One connection of a client, whatever carries it: messages come in, pass the size limit, reach the procedures, and
// answers go out. `send` may return a promise; the next item of a stream waits for it, so a slow client slows its
// own streams down and nothing piles up here.
import { mapEventIterator } from '@orpc/client'
import { StandardRPCHandler } from '@orpc/server/standard'
import { createServerPeerHandleRequestFn } from '@orpc/server/standard-peer'
import type { AnyRouter } from '@orpc/server'
import { ServerPeer } from '@orpc/standard-server-peer'
import { byteSerializers } from '../../preload/contract/bytes.ts'
import { maxMessageBytes, messageBytes } from '../../preload/contract/client.ts'
import { toWire } from './errors.ts'

export type Message = string | ArrayBuffer | Uint8Array

export interface Carrier {
  send(message: Message): void | Promise<void>
  onMessage(listener: (message: Message) => void): void
  onClose(listener: () => void): void
  /** Ends the connection; `reason` is for the client's eyes where the carrier can say it. */
  drop(reason: string): void
}

export type Handler = StandardRPCHandler<Record<never, never>>

/** The procedures behind the contract, ready for any carrier. Every error leaves as one of the closed list. */
export function createHandler(router: AnyRouter): Handler {
  return new StandardRPCHandler(router, { clientInterceptors: [wireErrors], customJsonSerializers: byteSerializers })
}

/** Serves one connection until it closes; returns how many requests it has open, for tests and limits. */
export function serve(handler: Handler, carrier: Carrier): { readonly open: number } {
  const peer = new ServerPeer(async (message) => {
    await carrier.send(message as Message)
  })
  const handle = createServerPeerHandleRequestFn(handler, {})
  carrier.onMessage((message) => {
    if (messageBytes(message) > maxMessageBytes) return carrier.drop('message too large')
    // a rejection here is a message that is no request, or an answer that met a closed carrier
    peer.message(message as string | Uint8Array<ArrayBuffer>, handle).catch(() => carrier.drop('message not understood'))
  })
  carrier.onClose(() => peer.close())
  return {
    get open() {
      return peer.length
    },
  }
}

async function wireErrors(options: { next(): Promise<unknown> }): Promise<unknown> {
  try {
    const output = await options.next()
    return isIterator(output)
      ? mapEventIterator(output, { value: async (value) => value, error: async (error) => toWire(error) })
      : output
  } catch (thrown) {
    throw toWire(thrown)
  }
}

function isIterator(value: unknown): value is AsyncIterator<unknown, unknown, void> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value && 'next' in value
}
