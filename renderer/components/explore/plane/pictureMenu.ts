// What can be done with the picture under the cursor.
import { emptyPicture, placeTiles, type Tiles } from '../../../draw/tiles.ts'
import { notices } from '../../../state/notices.svelte.ts'
import { deliverPng, deliverText, pngOfCanvas } from '../../charts/copyFigure.ts'
import type { MenuItem } from '../../Menu.svelte'
import { interpolateFrom } from '../interpolate/interpolateFrom.ts'

const scale = 8 // a copied picture of 28 x 28 would be a stamp: each pixel becomes 8 x 8

export function pictureMenu(z: readonly number[], tiles: Tiles | null): MenuItem[] {
  return [
    {
      label: 'Copy z',
      icon: 'copy',
      act: () => notices.attempt(() => deliverText(`[${z.join(', ')}]`, 'text/plain', 'z.txt')),
    },
    {
      label: 'Copy image',
      icon: 'copy',
      disabled: tiles === null,
      act: () => notices.attempt(async () => deliverPng(await pngOf(tiles!), 'decoded.png')),
    },
    {
      label: 'Start an interpolation here',
      apart: true,
      act: () => interpolateFrom({ kind: 'point', z }),
    },
    {
      label: 'Add to the interpolation',
      act: () => interpolateFrom({ kind: 'point', z }, { add: true }),
    },
  ]
}

function pngOf(tiles: Tiles): Promise<Blob> {
  const picture = emptyPicture(tiles.width, tiles.height)
  placeTiles(picture, tiles, 1)
  const small = Object.assign(document.createElement('canvas'), {
    width: tiles.width,
    height: tiles.height,
  })
  small.getContext('2d')?.putImageData(new ImageData(picture.rgba, tiles.width, tiles.height), 0, 0)
  const large = Object.assign(document.createElement('canvas'), {
    width: tiles.width * scale,
    height: tiles.height * scale,
  })
  const context = large.getContext('2d')
  if (context) {
    context.imageSmoothingEnabled = false
    context.drawImage(small, 0, 0, large.width, large.height)
  }
  return pngOfCanvas(large)
}
