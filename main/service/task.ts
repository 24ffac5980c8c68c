// A job at work, as it sees itself.
import type { Progress } from '../../preload/contract/records.ts'

export interface Task {
  id: string
  progress(now: Progress): void
  cancel: AbortSignal
}
