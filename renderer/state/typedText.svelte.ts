// A text as a person typed it, kept for the session: neither a reload nor a detour loses it.
export class TypedText {
  readonly #key: string
  #text = $state('')

  constructor(name: string) {
    this.#key = `latent-studio-${name}`
    this.#text = sessionStorage.getItem(this.#key) ?? ''
  }

  get text(): string {
    return this.#text
  }

  set text(text: string) {
    this.#text = text
    sessionStorage.setItem(this.#key, text)
  }
}
