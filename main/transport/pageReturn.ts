// How a page that was open before a restart gets the cookie of the new process without anybody
// typing a token. While it is connected it is given a key of its own, derived from the data
// folder's secret; it needs the cookie and a ticket for that, because a browser sends the cookie to
// every port of this machine. After a restart page and server prove to each other that they know
// the key; neither sends it, and the proofs name the port, so that a stranger who took the port in
// between learns nothing that he could use, and cannot pass proofs on to the server elsewhere.
import { createHmac, randomBytes } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { z } from 'zod'
import { sameSecret } from './pageAccess.ts'

/** Milliseconds for which a page's key is good, and for which a greeting can be answered. */
const keyLife = 30 * 24 * 3600_000
const greetingLife = 30_000
const mostGreetings = 256
const maxBody = 1024

const nonce = z.string().regex(/^[\w-]{22,64}$/)
const id = z.string().regex(/^\d{13}\.[\w-]{22}$/)
const question = z.discriminatedUnion('step', [
  z.object({ step: z.literal('key'), ticket: z.string().max(64) }),
  z.object({ step: z.literal('greet'), id, nonce }),
  z.object({ step: z.literal('enter'), id, nonce, proof: z.string().max(64) }),
])
export type ComebackQuestion = z.infer<typeof question>

interface Greeting {
  id: string
  pageNonce: string
  until: number
}

export class Comeback {
  /**
   * Handed to a page at the exchange of the token and when it comes back; it ends with this
   * process.
   */
  readonly ticket = randomBytes(16).toString('base64url')
  private readonly secret: Buffer
  private readonly port: number
  private readonly now: () => number
  private readonly greetings = new Map<string, Greeting>()

  /** `secret`: of the data folder. `now` for tests of what expires. */
  constructor(secret: string, port: number, now: () => number = Date.now) {
    this.secret = Buffer.from(secret, 'base64url')
    this.port = port
    this.now = now
  }

  /** For a page that has the cookie; null without the ticket. */
  giveKey(ticket: string): { id: string; key: string; port: number } | null {
    if (!sameSecret(ticket, this.ticket)) return null
    const page = `${String(this.now()).padStart(13, '0')}.${randomBytes(16).toString('base64url')}`
    return { id: page, key: this.keyOf(page).toString('base64url'), port: this.port }
  }

  /** The server's proof for a page that greets; null for a key that is no longer good. */
  greet(page: string, pageNonce: string): { nonce: string; proof: string } | null {
    if (!this.isGood(page)) return null
    for (const [old, { until }] of this.greetings)
      if (until < this.now() || this.greetings.size >= mostGreetings) this.greetings.delete(old)
    const own = randomBytes(16).toString('base64url')
    this.greetings.set(own, { id: page, pageNonce, until: this.now() + greetingLife })
    return { nonce: own, proof: this.prove(page, 'server', pageNonce, own) }
  }

  /** Whether the page knows its key; a greeting is good for one try. */
  enter(page: string, own: string, proof: string): boolean {
    const greeting = this.greetings.get(own)
    this.greetings.delete(own)
    if (!greeting || greeting.id !== page || greeting.until < this.now() || !this.isGood(page))
      return false
    return sameSecret(proof, this.prove(page, 'page', own, greeting.pageNonce))
  }

  private isGood(page: string): boolean {
    const age = this.now() - Number(page.slice(0, 13))
    return age >= 0 && age < keyLife
  }

  private keyOf(page: string): Buffer {
    return createHmac('sha256', this.secret).update(`page ${page}`).digest()
  }

  private prove(page: string, who: 'server' | 'page', first: string, second: string): string {
    return createHmac('sha256', this.keyOf(page))
      .update(`${who} ${this.port} ${first} ${second}`)
      .digest('base64url')
  }
}

/** The question of a page; null for anything else. */
export async function readQuestion(request: IncomingMessage): Promise<ComebackQuestion | null> {
  let text = ''
  try {
    for await (const chunk of request) {
      text += (chunk as Buffer).toString()
      if (text.length > maxBody) return null
    }
    return question.parse(JSON.parse(text))
  } catch {
    return null
  }
}
