// What every tool of Explore is given.
import type { Side } from './side.svelte.ts'
import type { ExploreContext } from './exploreContext.svelte.ts'

export interface ToolProps {
  subject: ExploreContext
  side: Side
}
