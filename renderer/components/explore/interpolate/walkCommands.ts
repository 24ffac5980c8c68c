// The keys of the Interpolate tool: arrows walk along the path, with shift a whole leg.
import type { Command } from '../../../state/commands.svelte.ts'
import type { Interpolation } from './interpolation.svelte.ts'
import type { Player } from './player.svelte.ts'

export function walkCommands(
  interpolation: Interpolation,
  player: Player,
  togglePixels: () => void,
): Command[] {
  const walk = (by: number) => () => {
    const last = (interpolation.strip?.path.length ?? 1) - 1
    player.stop()
    interpolation.look(Math.max(0, Math.min(last, interpolation.at + by)))
  }
  const leg = () => interpolation.steps - 1
  const far = 100_000
  const group = 'Interpolate'
  const keysOnly = true
  return [
    {
      id: 'walk-play',
      title: 'Play or pause the interpolation',
      group,
      keys: ['p'],
      run: player.toggle,
    },
    {
      id: 'walk-pixels',
      title: 'Show or hide the blend in pixel space',
      group,
      keys: ['b'],
      run: togglePixels,
    },
    {
      id: 'walk-back',
      title: 'Previous picture',
      group,
      keys: ['ArrowLeft'],
      keysOnly,
      run: walk(-1),
    },
    { id: 'walk-on', title: 'Next picture', group, keys: ['ArrowRight'], keysOnly, run: walk(1) },
    {
      id: 'walk-leg-back',
      title: 'Previous leg',
      group,
      keys: ['shift+ArrowLeft'],
      keysOnly,
      run: () => walk(-leg())(),
    },
    {
      id: 'walk-leg-on',
      title: 'Next leg',
      group,
      keys: ['shift+ArrowRight'],
      keysOnly,
      run: () => walk(leg())(),
    },
    { id: 'walk-start', title: 'First picture', group, keys: ['Home'], keysOnly, run: walk(-far) },
    { id: 'walk-end', title: 'Last picture', group, keys: ['End'], keysOnly, run: walk(far) },
  ]
}
