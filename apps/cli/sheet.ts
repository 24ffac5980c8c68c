// latent sheet: images of a split and what the model makes of them, side by side on one sheet.
import { pngBytes, type Picture } from '../../main/files/png.ts'
import { mosaic } from '../../main/files/tiles.ts'
import type { Client } from '../../preload/contract/client.ts'
import { StudioError } from '../../preload/contract/errors.ts'
import type { CheckpointChoice } from '../../preload/contract/latent.ts'
import type { Split } from '../../preload/contract/records.ts'
import { checkpointFlag, checkpointGiven, noteOlder } from './checkpoint.ts'
import { splitFlag, splitGiven } from './codes.ts'
import { wholeNumber, type Call, type Command } from './command.ts'
import { modelOf, portion, type Model } from './model.ts'
import { outFlags, outGiven, writeOut } from './output.ts'
import { withSession } from './session.ts'
import { atSize, sizeFlag, sizeGiven } from './size.ts'
import { count as counted } from './numbers.ts'

const largestPiece = 256

export const sheet: Command = {
  name: 'sheet',
  summary: 'Draw images and their reconstructions side by side (PNG).',
  arguments: [
    { name: 'RUN', required: true, help: 'Run id or its first characters, exact name, or "last".' },
  ],
  flags: [
    splitFlag,
    { name: 'count', short: 'n', value: 'N', help: 'Number of images, 1 to 10,000. (100)' },
    { name: 'first', value: 'I', help: 'Index of the first image in the split. (0)' },
    {
      name: 'columns',
      value: 'N',
      help: 'Images per row in each half. (as many as there are rows)',
    },
    ...outFlags('.png'),
    sizeFlag,
    checkpointFlag,
  ],
  examples: [
    'latent sheet last --out sheet.png',
    'latent sheet last --split train --count 40 --columns 5 --size 1200 --out s.png',
  ],
  run: (call: Call) =>
    withSession(call, async ({ client }) => {
      const out = outGiven(call.flags, ['.png'])
      const [split, size, checkpoint] = [
        splitGiven(call.flags),
        sizeGiven(call.flags),
        checkpointGiven(call.flags),
      ]
      const [count, first] = [
        wholeNumber(call.flags, 'count', 100, 1, 10_000),
        wholeNumber(call.flags, 'first', 0, 0, 1e9),
      ]
      const columns = wholeNumber(call.flags, 'columns', Math.ceil(Math.sqrt(count)), 1, 1000)
      const model = await modelOf(client, call.arguments[0]!)
      const images = model.image.images[split]
      if (first + count > images)
        throw new StudioError(
          'bad-input',
          `--first, --count: expected images below ${images} (the ${split} split), found ${first} to ${first + count - 1}.`,
        )
      const { originals, reconstructions, step } = await pairs(
        client,
        model,
        split,
        first,
        count,
        checkpoint,
      )
      await noteOlder(client, call.terminal, model.run.id, checkpoint, step)
      const [left, right] = [originals, reconstructions].map((pixels) =>
        mosaic({ ...model.image, count, pixels }, columns),
      )
      const picture = atSize(sideBySide(left!, right!, Math.ceil(model.image.width / 4)), size)
      const { width, height } = picture
      const text = `${count} ${split} images and their reconstructions at step ${counted(step)}`
      const document = { run: model.run.id, step, split, first, count, columns, width, height }
      await writeOut(call, out, pngBytes(picture), text, document)
    }),
}

async function pairs(
  client: Client,
  model: Model,
  split: Split,
  first: number,
  count: number,
  checkpoint: CheckpointChoice,
): Promise<{ originals: Uint8Array; reconstructions: Uint8Array; step: number }> {
  const D = model.pixels
  const [originals, reconstructions] = [new Uint8Array(count * D), new Uint8Array(count * D)]
  const size = portion(8, 2 * D, largestPiece)
  let choice = checkpoint
  for (let from = 0; from < count; from += size) {
    const indices = Array.from(
      { length: Math.min(size, count - from) },
      (_, at) => first + from + at,
    )
    const answer = await client.latent.reconstruct({
      run: model.run.id,
      checkpoint: choice,
      split,
      indices,
    })
    const pixels = answer.pixels // the originals, then the reconstructions
    originals.set(pixels.subarray(0, indices.length * D), from * D)
    reconstructions.set(pixels.subarray(indices.length * D), from * D)
    choice = answer.step
  }
  return { originals, reconstructions, step: choice as number }
}

/** Two pictures of one size with a white line of `gap` pixels between them. */
function sideBySide(left: Picture, right: Picture, gap: number): Picture {
  const [width, line, channels] = [
    left.width + gap + right.width,
    left.width * left.channels,
    left.channels,
  ]
  const pixels = new Uint8Array(width * left.height * channels).fill(255)
  for (let y = 0; y < left.height; y++) {
    pixels.set(left.pixels.subarray(y * line, (y + 1) * line), y * width * channels)
    pixels.set(
      right.pixels.subarray(y * line, (y + 1) * line),
      (y * width + left.width + gap) * channels,
    )
  }
  return { width, height: left.height, channels, pixels }
}
