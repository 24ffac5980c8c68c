// The page's side of coming back after a restart of the server (main/transport/comeback.ts): a key received while it is
// connected, and proofs with it afterwards. The key stays in this page's memory, where no later page can read it.

/** `welcome`: the cookie is here. `closed`: nobody answers. `refused`: somebody answers who does not know this page. */
export type Entry = 'welcome' | 'closed' | 'refused'

interface Key {
  id: string
  secret: CryptoKey
}

export class Comeback {
  #key: Key | null = null

  /** Receives a key; without one the page comes back as long as the cookie is good. Never rejects. */
  async prepare(): Promise<void> {
    try {
      const { id, key, port } = (await ask({ step: 'key' })) as { id: string; key: string; port: number }
      // through a tunnel that ends at another port, no proof would fit
      if (String(port) !== location.port) return
      const algorithm = { name: 'HMAC', hash: 'SHA-256' }
      this.#key = { id, secret: await crypto.subtle.importKey('raw', fromBase64Url(key), algorithm, false, ['sign']) }
    } catch {
      // the key from before, if there is one, is as good
    }
  }

  async enter(): Promise<Entry> {
    const key = this.#key
    if (!key) return 'welcome'
    const nonce = toBase64Url(crypto.getRandomValues(new Uint8Array(16)))
    try {
      const greeting = (await ask({ step: 'greet', id: key.id, nonce })) as { nonce: string; proof: string }
      if (greeting.proof !== (await prove(key, 'server', nonce, greeting.nonce))) return 'refused'
      const proof = await prove(key, 'page', greeting.nonce, nonce)
      await ask({ step: 'enter', id: key.id, nonce: greeting.nonce, proof })
      return 'welcome'
    } catch (error) {
      // fetch says TypeError when nobody answers
      return error instanceof TypeError ? 'closed' : 'refused'
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
  if (!answer.ok) throw new Error(`status ${answer.status}`)
  return answer.json()
}

async function prove({ secret }: Key, who: 'server' | 'page', first: string, second: string): Promise<string> {
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
  return Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (letter) => letter.charCodeAt(0))
}
