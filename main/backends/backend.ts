// A backend that computes in this process.
import type { Rung } from '../../preload/contract/runConfig.ts'
import type { NativeBackend } from './nativeBackend.ts'

/**
 * The rung in use in this process. `native` gives the compiled training its ops and saved models.
 */
export interface Backend {
  rung: Rung
  name: string // tfjs's name of the backend
  version: string
  threads: number
  native: NativeBackend | null
  detail: string // one line for people
}
