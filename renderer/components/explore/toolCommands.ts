// A command for each tool of Explore, by number.
import { router } from '../../router.svelte.ts'
import type { Command } from '../../state/commands.svelte.ts'
import { toolParams } from './toolParams.ts'
import { tools } from './tools.ts'

export function toolCommands(): Command[] {
  return tools.map((tool, index) => ({
    id: `tool-${tool.id}`,
    title: tool.title,
    group: 'Explore',
    keys: [String(index + 1)],
    run: () => router.set(toolParams.open(tool.id)),
  }))
}
