// What every tool of Explore is given.
import type { Side } from './side.svelte.ts'
import type { Subject } from './exploreContext.svelte.ts'

export interface ToolProps {
  subject: Subject
  side: Side
}
