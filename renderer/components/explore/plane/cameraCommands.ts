// The keys that move what the plane shows.
import type { Command } from '../../../state/commands.svelte.ts'
import type { Explorer } from './explorer.svelte.ts'

const step = 1.5 // of the zoom at one press
const shift = 0.1 // of the square's side

export function cameraCommands(explorer: Explorer): Command[] {
  const { camera, single } = explorer.space
  const command = (
    id: string,
    title: string,
    keys: string[],
    run: () => void,
    keysOnly = false,
  ): Command => ({
    id: `plane-${id}`,
    title,
    group: 'Latent plane',
    keys,
    keysOnly,
    run,
  })
  // around the cursor while it is in sight
  const zoom = (factor: number) => () => {
    const [across, down] = explorer.cursor ? explorer.shareAt(explorer.cursor) : [0.5, 0.5]
    const seen = [across, down].every((share) => share >= 0 && share <= 1)
    camera.zoomBy(factor, seen ? across : 0.5, seen && !single ? down : 0.5)
  }
  return [
    command('in', 'Zoom in on the plane', ['+', '='], zoom(step)),
    command('out', 'Zoom out of the plane', ['-'], zoom(1 / step)),
    command('fit', 'Fit all points', ['f'], () => camera.fit(explorer.points)),
    command('home', 'Show the whole plane', ['h'], () => camera.reset()),
    command(
      'left',
      'Move the plane left',
      ['alt+shift+ArrowLeft'],
      () => camera.pan(shift, 0),
      true,
    ),
    command(
      'right',
      'Move the plane right',
      ['alt+shift+ArrowRight'],
      () => camera.pan(-shift, 0),
      true,
    ),
    command('up', 'Move the plane up', ['alt+shift+ArrowUp'], () => camera.pan(0, shift), true),
    command(
      'down',
      'Move the plane down',
      ['alt+shift+ArrowDown'],
      () => camera.pan(0, -shift),
      true,
    ),
  ]
}
