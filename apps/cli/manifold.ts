// latent manifold: the grid of decoded points of the latent plane as one PNG.
import { mosaic } from '../../main/files/tiles.ts'
import { pngBytes } from '../../main/files/png.ts'
import type { Client } from '../../preload/contract/client.ts'
import { StudioError } from '../../preload/contract/errors.ts'
import type { CheckpointChoice, Spacing } from '../../preload/contract/latent.ts'
import { checkpointFlag, checkpointGiven, noteOlder } from './checkpoint.ts'
import { wholeNumber, type Call, type Command, type Flags } from './command.ts'
import { modelOf, portion, type Model } from './model.ts'
import { outFlags, outGiven, writeOut } from './output.ts'
import { withSession } from './session.ts'
import { atSize, sizeFlag, sizeGiven } from './size.ts'
import { count as counted } from './numbers.ts'

export const manifold: Command = {
  name: 'manifold',
  summary: 'Draw the latent plane as a grid of decoded images (PNG).',
  about:
    'Columns vary the first latent dimension and rows the second, both increasing from the top left. With one latent dimension there is a single row.',
  arguments: [
    { name: 'RUN', required: true, help: 'Run id or its first characters, exact name, or "last".' },
  ],
  flags: [
    ...outFlags('.png'),
    { name: 'grid', value: 'N', help: 'Images along each side. (20)' },
    { name: 'range', value: 'X', help: 'Both axes run from -X to X. (3)' },
    {
      name: 'quantile',
      help: 'Space the images by quantiles of the normal prior instead of evenly.',
    },
    {
      name: 'dimensions',
      value: 'I,J',
      help: 'The two latent dimensions to vary, counted from 0; the others stay at 0. (0,1)',
    },
    sizeFlag,
    checkpointFlag,
  ],
  examples: [
    'latent manifold last --out manifold.png',
    'latent manifold last --quantile --grid 30 --size 2000 --out plane.png',
  ],
  run: (call: Call) =>
    withSession(call, async ({ client }) => {
      const out = outGiven(call.flags, ['.png'])
      const [grid, spacing] = [wholeNumber(call.flags, 'grid', 20, 2, 60), spacingGiven(call.flags)]
      const [checkpoint, size] = [checkpointGiven(call.flags), sizeGiven(call.flags)]
      const model = await modelOf(client, call.arguments[0]!)
      const question = { grid, spacing, dimensions: dimensionsGiven(call.flags, model.latentSize) }
      const { pixels, step } = await gridPixels(client, model, question, checkpoint)
      await noteOlder(client, call.terminal, model.run.id, checkpoint, step)
      const rows = manifoldRows(model.latentSize, grid)
      const picture = atSize(mosaic({ ...model.image, count: grid * rows, pixels }, grid), size)
      const { width, height } = picture
      const text = `${grid} x ${rows} images at step ${counted(step)}, ${width} x ${height} pixels`
      await writeOut(call, out, pngBytes(picture), text, {
        run: model.run.id,
        step,
        grid,
        width,
        height,
      })
    }),
}

interface Question {
  grid: number
  spacing: Spacing
  dimensions: [number, number]
}

// In pieces of whole rows; the first one tells the step, which the others ask for, so that a run
// that goes on training does not change the picture half way.
export async function gridPixels(
  client: Client,
  model: Model,
  question: Question,
  checkpoint: CheckpointChoice,
): Promise<{ pixels: Uint8Array; step: number }> {
  const { grid } = question
  const rowBytes = grid * model.pixels
  const all = manifoldRows(model.latentSize, grid)
  const pixels = new Uint8Array(all * rowBytes)
  const rows = portion(1, rowBytes, all)
  let choice = checkpoint
  for (let firstRow = 0; firstRow < all; firstRow += rows) {
    const piece = await client.latent.manifold({
      run: model.run.id,
      checkpoint: choice,
      ...question,
      firstRow,
      rows: Math.min(rows, all - firstRow),
    })
    pixels.set(piece.pixels, firstRow * rowBytes)
    choice = piece.step
  }
  return { pixels, step: choice as number }
}

/** With one latent dimension every row would be the same. */
export const manifoldRows = (latentSize: number, grid: number) => (latentSize === 1 ? 1 : grid)

function spacingGiven(flags: Flags): Spacing {
  if (!flags.on('quantile')) return { kind: 'range', limit: limitGiven(flags) }
  if (flags.text('range') !== undefined)
    throw new StudioError(
      'bad-input',
      'Expected --range or --quantile, found both. Leave one of them out.',
    )
  return { kind: 'quantile' }
}

/** --range: the plane goes from -limit to limit. */
export function limitGiven(flags: Flags): number {
  const text = flags.text('range')
  const limit = text === undefined ? 3 : Number(text.trim() || NaN)
  if (!(limit > 0 && limit <= 100))
    throw new StudioError(
      'bad-input',
      `--range: expected a number above 0 and at most 100, found "${text}".`,
    )
  return limit
}

export function dimensionsGiven(flags: Flags, latentSize: number): [number, number] {
  const text = flags.text('dimensions')
  if (text === undefined) return [0, Math.min(1, latentSize - 1)]
  const [first, second] = /^\s*(\d+)\s*,\s*(\d+)\s*$/.exec(text)?.slice(1).map(Number) ?? []
  const fits =
    first !== undefined &&
    second !== undefined &&
    first !== second &&
    Math.max(first, second) < latentSize
  if (!fits)
    throw new StudioError(
      'bad-input',
      `--dimensions: expected two different numbers from 0 to ${latentSize - 1}, such as 0,1, found "${text}".`,
    )
  return [first, second]
}
