// The keys of the plane: arrows move the cursor a tenth, with shift a hundredth.
import type { Command } from '../../../state/commands.svelte.ts'
import type { ExploreContext } from '../exploreContext.svelte.ts'

const coarse = 0.1
const fine = 0.01

/** step: what a step along an axis does. */
export function cursorCommands(
  subject: ExploreContext,
  step: (axis: 0 | 1, by: number) => void,
): Command[] {
  const move = (axis: 0 | 1, by: number) => () => {
    if (axis === 0 || subject.latentSize > 1) step(axis, by)
  }
  const key = (name: string, title: string, axis: 0 | 1, sign: 1 | -1): Command[] => [
    {
      id: `cursor-${name}`,
      title: `Move the cursor ${title}`,
      group: 'Latent plane',
      keys: [name],
      keysOnly: true,
      run: move(axis, sign * coarse),
    },
    {
      id: `cursor-fine-${name}`,
      title: `Move the cursor ${title} in small steps`,
      group: 'Latent plane',
      keys: [`shift+${name}`],
      keysOnly: true,
      run: move(axis, sign * fine),
    },
  ]
  return [
    ...key('ArrowLeft', 'left', 0, -1),
    ...key('ArrowRight', 'right', 0, 1),
    ...key('ArrowUp', 'up', 1, -1),
    ...key('ArrowDown', 'down', 1, 1),
    {
      id: 'cursor-origin',
      title: 'Move the cursor to the origin',
      group: 'Latent plane',
      keys: ['0'],
      run: () => subject.move(Object.fromEntries(subject.z.map((_, i) => [i, 0]))),
    },
  ]
}
