// The page's side of coming back after a restart of the server (main/transport/pageReturn.ts): a
// key received while it is connected, and proofs with it afterwards. The key stays in this page's
// memory, where no later page can read it. The ticket for it is kept for reloads and other tabs: it
// is worth nothing without the cookie, or after a restart.

/**
 * `welcome`: the cookie is here. `closed`: no answer, or not in time. `refused`: somebody answers
 * who does not know this page.
 */
export type Entry = 'welcome' | 'closed' | 'refused'

class Refusal extends Error {}

interface Key {
  id: string
  secret: CryptoKey
}

const ticketName = 'latent-studio-ticket'

/** Takes the ticket out of the address that the printed one led to. */
export function keepTicket(): void {
  const address = new URL(location.href)
  const ticket = address.searchParams.get('ticket')
  if (ticket === null) return
  localStorage.setItem(ticketName, ticket)
  address.searchParams.delete('ticket')
  history.replaceState(history.state, '', address)
}

export class Comeback {
  #key: Key | null = null

  /**
   * Receives a key; without one the page comes back as long as the cookie is good. Never rejects.
   */
  async prepare(): Promise<void> {
    try {
      const { id, key, port } = (await ask({
        step: 'key',
        ticket: localStorage.getItem(ticketName) ?? '',
      })) as {
        id: string
        key: string
        port: number
      }
      // through a tunnel that ends at another port, no proof would fit
      if (String(port) !== location.port) return
      const algorithm = { name: 'HMAC', hash: 'SHA-256' }
      this.#key = {
        id,
        secret: await crypto.subtle.importKey('raw', fromBase64Url(key), algorithm, false, [
          'sign',
        ]),
      }
    } catch {
      // the key from before, if there is one, is as good
    }
  }

  async enter(): Promise<Entry> {
    const key = this.#key
    if (!key) return 'welcome'
    const nonce = toBase64Url(crypto.getRandomValues(new Uint8Array(16)))
    try {
      const greeting = (await ask({ step: 'greet', id: key.id, nonce })) as {
        nonce: string
        proof: string
      }
      if (greeting.proof !== (await prove(key, 'server', nonce, greeting.nonce))) return 'refused'
      const proof = await prove(key, 'page', greeting.nonce, nonce)
      const { ticket } = (await ask({
        step: 'enter',
        id: key.id,
        nonce: greeting.nonce,
        proof,
      })) as { ticket: string }
      localStorage.setItem(ticketName, ticket)
      return 'welcome'
    } catch (error) {
      return error instanceof Refusal ? 'refused' : 'closed'
    }
  }
}

async function ask(question: object): Promise<unknown> {
  const answer = await fetch('/comeback', {
    method: 'POST',
    body: JSON.stringify(question),
    headers: { 'content-type': 'application/json' },
    signal: AbortSignal.timeout(3000),
  })
  if (answer.status >= 400 && answer.status < 500) throw new Refusal()
  if (!answer.ok) throw new Error(`status ${answer.status}`)
  return answer.json()
}

async function prove(
  { secret }: Key,
  who: 'server' | 'page',
  first: string,
  second: string,
): Promise<string> {
  const text = new TextEncoder().encode(`${who} ${location.port} ${first} ${second}`)
  return toBase64Url(new Uint8Array(await crypto.subtle.sign('HMAC', secret, text)))
}

function toBase64Url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '')
}

function fromBase64Url(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (letter) =>
    letter.charCodeAt(0),
  )
}
