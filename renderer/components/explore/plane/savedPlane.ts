// What of the plane can be saved: the figure with axes and legend, the manifold, the image at the
// cursor, the codes.
import {
  cellAxis,
  offScale,
  shareOf,
  type PlaneView,
  type Scatter,
} from '../../../draw/planeScale.ts'
import { count } from '../../../format.ts'
import { datasets } from '../../../state/datasets.svelte.ts'
import type { CodesWork, FigureWork, SaveSource } from '../../save/saveSource.ts'
import type { Explorer } from './explorer.svelte.ts'

const side = 560 // of the square, in the figure's pixels

export function savedPlane(explorer: Explorer): SaveSource {
  const { space, manifoldLayer, subject, decoded, codes } = explorer
  const { picture } = manifoldLayer
  const shownGround = space.basis === 'umap' ? null : picture
  const images = codes.values ? codes.values.length / (2 * subject.latentSize) : 0
  const withPoints = explorer.points !== null && ['both', 'points'].includes(space.choices.layers)
  return {
    tool: 'plane',
    run: subject.run?.name ?? 'run',
    step: picture?.step ?? codes.step,
    figures:
      withPoints || shownGround
        ? [{ label: 'Plane with axes', name: '', figure: () => figureOf(explorer) }]
        : [],
    pictures: [
      ...(shownGround
        ? [
            {
              label: `Manifold, ${shownGround.grid} × ${space.single ? 1 : shownGround.grid}`,
              name: 'manifold',
              layout: () => [[groundSheet(explorer)!]],
            },
          ]
        : []),
      ...(decoded
        ? [
            {
              label: 'Image at the cursor',
              name: 'cursor',
              layout: () => [[{ tiles: decoded.tiles, columns: 1 }]],
            },
          ]
        : []),
    ],
    ...(images > 0
      ? {
          codes: {
            label: `Codes of ${count(images)} images`,
            name: 'codes',
            codes: () => codesOf(explorer),
          },
        }
      : {}),
  }
}

function groundSheet({ manifoldLayer: { picture }, space }: Explorer) {
  if (!picture || space.basis === 'umap') return null
  const tiles = space.single ? { ...picture.tiles, count: picture.grid } : picture.tiles
  return { tiles, columns: picture.grid }
}

function figureOf(explorer: Explorer): FigureWork {
  const { space, manifoldLayer, subject, points } = explorer
  const { camera, choices, scale, single, names, basis } = space
  const { layers } = choices
  const view: PlaneView = {
    size: side,
    scale,
    columns: cellAxis(choices.grid, camera.window.across, scale),
    rows: cellAxis(choices.grid, camera.window.down, scale),
  }
  const sheet = layers === 'both' || layers === 'manifold' ? groundSheet(explorer) : null
  const { picture } = manifoldLayer
  const shown = layers === 'manifold' || layers === 'density' ? 0 : (points?.labels.length ?? 0)
  const step = picture?.step ?? explorer.codes.step ?? 0
  return {
    figure: {
      view,
      scatter: scatterOf(explorer, layers === 'manifold' || layers === 'density'),
      classes: explorer.codes.labelled ? subject.classes : [],
      title: `${subject.run?.name ?? 'run'}, step ${count(step)}${shown > 0 ? `: ${count(shown)} images` : ''}`,
      bare: basis === 'umap',
      names,
      ...(sheet && picture ? { manifoldAt: groundPlace(explorer, single) } : {}),
    },
    ground: sheet,
  }
}

function groundPlace({ manifoldLayer, space: { camera } }: Explorer, single: boolean) {
  const place = shareOf(camera.window, manifoldLayer.picture!)
  return single ? { ...place, top: 0, height: place.width / manifoldLayer.picture!.grid } : place
}

// Two numbers a point, already along what spans the plane; with one latent dimension the codes,
// which the figure spreads in lanes.
function scatterOf({ space, points, codes }: Explorer, none: boolean): Scatter {
  const { scale, single, choices } = space
  const most = none || !points ? 0 : points.labels.length
  const latentSize = single ? 1 : 2
  const labels: number[] = []
  const chosen = new Float32Array(2 * latentSize * most)
  for (let i = 0; i < most; i++) {
    const label = points!.labels[i]!
    if (choices.shown && !choices.shown.has(label)) continue
    const at = 2 * latentSize * labels.length
    labels.push(label)
    if (single) chosen[at] = codes.values![2 * i]!
    else {
      chosen[at] = offScale(scale, points!.positions[2 * i]!)
      chosen[at + 1] = offScale(scale, points!.positions[2 * i + 1]!)
    }
  }
  return {
    codes: chosen.slice(0, 2 * latentSize * labels.length),
    latentSize,
    labels,
    dimensions: [0, 1],
  }
}

function codesOf({ codes, subject }: Explorer): CodesWork {
  const images = datasets.list.find((each) => each.name === subject.run?.config.dataset)?.images
  const total = codes.values!.length / (2 * subject.latentSize)
  // the order in which they were asked for
  const splits = (['validation', 'train', 'test'] as const).map((split) => ({
    split,
    count: images?.[split] ?? 0,
  }))
  return {
    values: codes.values!.slice(),
    latentSize: subject.latentSize,
    labels: codes.labelled ? codes.labels.slice(0, total) : [],
    splits,
  }
}
