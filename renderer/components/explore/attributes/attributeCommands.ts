// The keys of the Attributes tool: arrows change the strength by a quarter, with shift by a
// twentieth.
import type { Command } from '../../../state/commands.svelte.ts'
import type { Attributes } from './attributes.svelte.ts'

export function attributeCommands(attributes: Attributes): Command[] {
  const by = (id: string, key: string, title: string, change: number): Command => ({
    id,
    title,
    group: 'Attributes',
    keys: [key],
    keysOnly: true,
    run: () => attributes.setStrength(attributes.strength + change),
  })
  return [
    by('strength-less', 'ArrowLeft', 'Decrease the strength', -0.25),
    by('strength-more', 'ArrowRight', 'Increase the strength', 0.25),
    by('strength-less-fine', 'shift+ArrowLeft', 'Decrease the strength in small steps', -0.05),
    by('strength-more-fine', 'shift+ArrowRight', 'Increase the strength in small steps', 0.05),
    {
      id: 'strength-cursor',
      title: 'Move the cursor to the result',
      group: 'Attributes',
      run: () => attributes.result && attributes.subject.moveTo(attributes.result),
    },
  ]
}
