// One connection of a client, whatever carries it: messages come in, pass the size limit, wait for
// room (requestLimits.ts), reach the procedures, and answers go out. `send` resolves when the
// client has taken the message: until then its question holds its room and the next item of its
// stream is not made, so nothing piles up here for a client that reads slowly.
import { mapEventIterator } from '@orpc/client'
import { StandardRPCHandler } from '@orpc/server/standard'
import { createServerPeerHandleRequestFn } from '@orpc/server/standard-peer'
import type { AnyRouter } from '@orpc/server'
import {
  decodeRequestMessage,
  encodeResponseMessage,
  experimental_ServerPeerWithoutCodec as ServerPeer,
  MessageType,
} from '@orpc/standard-server-peer'
import { byteSerializers } from '../../preload/contract/bytes.ts'
import { maxMessageBytes, messageBytes } from '../../preload/contract/client.ts'
import { StudioError } from '../../preload/contract/errors.ts'
import { toWire } from './errors.ts'
import { Intake, type Entry } from './intake.ts'
import { controlBounds, controlPaths, most, Room } from './requestLimits.ts'

export type Message = string | ArrayBuffer | Uint8Array

export interface Carrier {
  /** Resolves when the client has taken the message, and when the carrier has closed. */
  send(message: Message): Promise<void>
  onMessage(listener: (message: Message) => void): void
  onClose(listener: () => void): void
  /** Ends the connection; `reason` is for the client's eyes where the carrier can say it. */
  drop(reason: string): void
  /**
   * Stops and goes on reading what the client sends; missing where the carrier cannot leave it with
   * the client.
   */
  pause?(): void
  resume?(): void
}

export interface Handler {
  rpc: StandardRPCHandler<Record<never, never>>
  /** What all connections to these procedures may have under way. */
  room: Room
  /** The same of the procedures of `controlPaths`. */
  controlRoom: Room
}

/**
 * The procedures behind the contract, ready for any carrier. Every error leaves as one of the
 * closed list.
 */
export function createHandler(
  router: AnyRouter,
  room = new Room(),
  onCall: () => void = () => undefined,
): Handler {
  const announced = (options: { next(): Promise<unknown> }) => {
    onCall()
    return wireErrors(options)
  }
  const options = { clientInterceptors: [announced], customJsonSerializers: byteSerializers }
  return {
    rpc: new StandardRPCHandler(router, options),
    room,
    controlRoom: new Room(controlBounds),
  }
}

/** Serves one connection until it closes. */
export function serve(handler: Handler, carrier: Carrier): void {
  new Served(handler, carrier)
}

type Request = Parameters<ReturnType<typeof createServerPeerHandleRequestFn>>[0]
type Response = Awaited<ReturnType<ReturnType<typeof createServerPeerHandleRequestFn>>>
type RequestMessage = Awaited<ReturnType<typeof decodeRequestMessage>>
type ResponseMessage = Parameters<ConstructorParameters<typeof ServerPeer>[0]>[0]

interface Question extends Entry {
  raw: Message
  /** Not kept while it waits: read, a short question takes some forty times the memory. */
  read: RequestMessage | null
}

/** A question under way: what to tell when its answer is made, and when it has left. */
interface UnderWay {
  path: string
  leaving(bytes: number): void
  left(): void
}

class Served {
  private readonly carrier: Carrier
  private readonly room: Room
  private readonly controlRoom: Room
  private readonly procedures: (request: Request) => Promise<Response>
  private readonly peer: ServerPeer
  private readonly intake: Intake<Question>
  private readonly controls: Intake<Question>
  private readonly underWay = new Map<string, UnderWay>()
  /** Intakes for which the carrier does not read. */
  private pausing = 0
  private ended = false

  constructor(handler: Handler, carrier: Carrier) {
    this.carrier = carrier
    this.room = handler.room
    this.controlRoom = handler.controlRoom
    this.procedures = createServerPeerHandleRequestFn(handler.rpc, {})
    this.peer = new ServerPeer((message) => this.send(message))
    this.intake = this.intakeFor(handler.room)
    this.controls = this.intakeFor(handler.controlRoom)
    carrier.onMessage((message) => void this.receive(message))
    carrier.onClose(() => this.end())
  }

  private intakeFor(room: Room): Intake<Question> {
    const { carrier } = this
    return new Intake({
      room,
      answer: (question, leaving) => this.answer(question, leaving),
      refuse: (question, error) => void this.run(question, () => Promise.resolve(refusal(error))),
      pause: carrier.pause && (() => void (this.pausing++ === 0 && carrier.pause?.())),
      resume: carrier.resume && (() => void (--this.pausing === 0 && carrier.resume?.())),
    })
  }

  private async receive(message: Message): Promise<void> {
    if (this.ended) return
    const bytes = messageBytes(message)
    if (bytes > maxMessageBytes) return this.drop('message too large')
    try {
      const read = await readMessage(message)
      const [id, type, payload] = read
      // no procedure of the contract takes a stream
      if (type === MessageType.EVENT_ITERATOR) return this.drop('message not understood')
      if (type === MessageType.ABORT_SIGNAL) this.abort(id, read)
      else {
        const question: Question = { id, path: payload.url.pathname, bytes, raw: message, read }
        const [intake, other] = controlPaths.has(question.path)
          ? [this.controls, this.intake]
          : [this.intake, this.controls]
        // as where it waits in the same line, a second one with its number is none
        if (other.has(id)) return
        intake.take(question)
        if (intake.holds(question)) question.read = null
      }
    } catch {
      this.drop('message not understood')
    }
  }

  private abort(id: string, message: RequestMessage): void {
    if (!this.intake.forget(id) && !this.controls.forget(id)) void this.peer.message(message)
  }

  /** Resolves when the answer has left, of a stream its head; the room is held until then. */
  private answer(question: Question, leaving: (bytes: number) => void): Promise<void> {
    const { id, path } = question
    return new Promise((left) => {
      // a number that is under way already: the second question is none
      if (this.underWay.has(id)) return left()
      this.underWay.set(id, { path, leaving, left })
      const forget = () => {
        this.underWay.delete(id)
        left()
      }
      void this.run(question, (request) => this.handle(request)).then(forget)
    })
  }

  private async run(
    { raw, read }: Question,
    handle: (request: Request) => Promise<Response>,
  ): Promise<void> {
    try {
      await this.peer.message(read ?? (await readMessage(raw)), handle)
    } catch {
      // a message that is no request, or an answer that met a closed carrier
      this.drop('message not understood')
    }
  }

  private async handle(request: Request): Promise<Response> {
    const response = await this.procedures(request)
    if (!isIterator(response.body)) return response
    const { held } = this.intake
    if (!this.room.hasRoomForStream(held)) {
      await response.body.return?.()
      return refusal(tooManyStreams(held.streams))
    }
    this.room.hold(held, { streams: 1 })
    return {
      ...response,
      body: whenOver(response.body, request.signal, () => this.room.hold(held, { streams: -1 })),
    }
  }

  private async send([id, type, payload]: ResponseMessage): Promise<void> {
    const encoded = await encodeResponseMessage(id, type, payload)
    const question = type === MessageType.RESPONSE ? this.underWay.get(id) : undefined
    const bytes = typeof encoded === 'string' ? encoded.length : encoded.byteLength
    if (question) {
      question.leaving(bytes)
      if ((payload as Response).status === 200)
        (controlPaths.has(question.path) ? this.controlRoom : this.room).learn(question.path, bytes)
    }
    if (!this.ended) await this.carrier.send(encoded as Message)
    question?.left()
  }

  private drop(reason: string): void {
    if (this.ended) return
    this.carrier.drop(reason)
    this.end()
  }

  private end(): void {
    if (this.ended) return
    this.ended = true
    this.intake.close()
    this.controls.close()
    this.peer.close()
  }
}

const readMessage = (message: Message) =>
  decodeRequestMessage(message as string | Uint8Array<ArrayBuffer>)

function refusal(error: StudioError): Response {
  const wire = toWire(error)
  return { status: wire.status, headers: {}, body: { json: wire.toJSON() } }
}

function tooManyStreams(found: number): StudioError {
  return new StudioError(
    'busy',
    `Expected at most ${most.streams} open streams on one connection, found ${found} here and others elsewhere. Close some, then try again.`,
    { streams: found },
  )
}

/**
 * The same iterator; `over` is called once, when it has ended or was left, even before anybody read
 * it.
 */
function whenOver(
  source: AsyncIterator<unknown>,
  signal: AbortSignal | undefined,
  over: () => void,
): AsyncIteratorObject<unknown> {
  let isOver = false
  const end = () => {
    if (!isOver) over()
    isOver = true
  }
  signal?.addEventListener('abort', end, { once: true })
  if (signal?.aborted) end()
  const iterator = {
    async next() {
      try {
        const item = await source.next()
        if (item.done) end()
        return item
      } catch (error) {
        end()
        throw error
      }
    },
    async return(value?: unknown) {
      end()
      await source.return?.()
      return { done: true as const, value }
    },
    [Symbol.asyncIterator]: () => iterator,
    [Symbol.asyncDispose]: async () => void (await iterator.return()),
  }
  return iterator
}

async function wireErrors(options: { next(): Promise<unknown> }): Promise<unknown> {
  try {
    const output = await options.next()
    return isIterator(output)
      ? mapEventIterator(output, {
          value: async (value) => value,
          error: async (error) => toWire(error),
        })
      : output
  } catch (thrown) {
    throw toWire(thrown)
  }
}

function isIterator(value: unknown): value is AsyncIterator<unknown, unknown, void> {
  return (
    typeof value === 'object' && value !== null && Symbol.asyncIterator in value && 'next' in value
  )
}
