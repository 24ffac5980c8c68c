// The stages of a run's preparation on their way to main: what has begun, and how long each before
// it took.
import type { Stage } from '../../preload/contract/records.ts'
import type { FromHost } from './protocol.ts'

export class Stages {
  private readonly send: (message: Extract<FromHost, { kind: 'stage' }>) => void
  private readonly now: () => number
  private readonly before: Stage[] = []
  private text = ''
  private begunAt = 0

  /** `now`: milliseconds, rising. */
  constructor(
    send: (message: Extract<FromHost, { kind: 'stage' }>) => void,
    now: () => number = () => performance.now(),
  ) {
    this.send = send
    this.now = now
  }

  begin(text: string): void {
    this.end()
    this.text = text
    this.begunAt = this.now()
    this.send({ kind: 'stage', text, before: [...this.before] })
  }

  /** The last one is over. */
  end(): void {
    if (this.text)
      this.before.push({ text: this.text, seconds: (this.now() - this.begunAt) / 1000 })
    this.text = ''
  }

  /** Those that have ended. */
  get ended(): Stage[] {
    return [...this.before]
  }
}
