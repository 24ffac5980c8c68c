// latent plane: where the images of a split lie in the latent plane, as an SVG figure.
import { pngBytes } from '../../main/files/png.ts'
import { mosaic } from '../../main/files/tiles.ts'
import { evenAxis, planeLimits } from '../../renderer/draw/planeScale.ts'
import { svgOfPlane } from '../../renderer/draw/planeFigure.ts'
import { checkpointFlag, checkpointGiven, noteOlder } from './checkpoint.ts'
import { splitCodes, splitFlag, splitGiven } from './codes.ts'
import { wholeNumber, type Call, type Command } from './command.ts'
import { dimensionsGiven, gridPixels, limitGiven, manifoldRows } from './manifold.ts'
import { modelOf } from './model.ts'
import { count } from './numbers.ts'
import { outFlags, outGiven, writeOut } from './output.ts'
import { withSession } from './session.ts'

const defaultCount = 5000

export const plane: Command = {
  name: 'plane',
  summary: 'Plot the images of a split in the latent plane, coloured by class (SVG).',
  about:
    'Each point is a posterior mean; the circles mark 1, 2 and 3 standard deviations of the prior. The first dimension increases to the right and the second downwards, as in `latent manifold`.',
  arguments: [
    { name: 'RUN', required: true, help: 'Run id or its first characters, exact name, or "last".' },
  ],
  flags: [
    ...outFlags('.svg'),
    splitFlag,
    {
      name: 'count',
      short: 'n',
      value: 'N',
      help: `Number of images, starting with the first of the split. (${count(defaultCount)})`,
    },
    { name: 'range', value: 'X', help: 'Both axes run from -X to X. (3)' },
    {
      name: 'dimensions',
      value: 'I,J',
      help: 'The two latent dimensions shown, counted from 0. (0,1)',
    },
    { name: 'manifold', help: 'Draw the decoded manifold behind the points.' },
    { name: 'grid', value: 'N', help: 'Images along each side of the manifold. (20)' },
    {
      name: 'size',
      value: 'PIXELS',
      help: 'Width and height of the plane in pixels, 200 to 4,000. (560)',
    },
    checkpointFlag,
  ],
  examples: [
    'latent plane last --out plane.svg',
    'latent plane last --manifold --range 4 --split train --out plane.svg',
  ],
  run: (call: Call) =>
    withSession(call, async ({ client }) => {
      const [out, split, checkpoint] = [
        outGiven(call.flags, ['.svg']),
        splitGiven(call.flags),
        checkpointGiven(call.flags),
      ]
      const [limit, grid] = [limitGiven(call.flags), wholeNumber(call.flags, 'grid', 20, 2, 60)]
      const [size, most] = [
        wholeNumber(call.flags, 'size', 560, 200, 4000),
        wholeNumber(call.flags, 'count', defaultCount, 1, 100_000),
      ]
      const model = await modelOf(client, call.arguments[0]!)
      const dimensions = dimensionsGiven(call.flags, model.latentSize)
      const images = Math.min(most, model.image.images[split])
      const { codes, labels, step } = await splitCodes(
        client,
        model,
        split,
        images,
        checkpoint,
        call,
      )
      await noteOlder(client, call.terminal, model.run.id, checkpoint, step)
      const axis = evenAxis(grid, limit)
      const view = { size, columns: axis, rows: axis }
      const title = `${model.run.name}, step ${count(step)}: ${count(images)} ${split} images`
      const scatter = { codes, latentSize: model.latentSize, labels, dimensions }
      const figure = { view, scatter, classes: model.image.classes, title }
      const question = { grid, spacing: { kind: 'range' as const, limit }, dimensions }
      const decoded = call.flags.on('manifold')
        ? await gridPixels(client, model, question, step)
        : undefined
      const rows = manifoldRows(model.latentSize, grid)
      const manifoldAt = { left: 0, top: 0, width: 1, height: rows / grid }
      const manifold =
        decoded &&
        dataAddress(
          pngBytes(mosaic({ ...model.image, count: grid * rows, pixels: decoded.pixels }, grid)),
        )
      const svg = svgOfPlane(manifold === undefined ? figure : { ...figure, manifold, manifoldAt })
      const outside = outsideOf(codes, model.latentSize, dimensions, planeLimits(view)[1])
      const beyond =
        outside > 0 ? `, ${count(outside)} of them outside: choose a larger --range` : ''
      const text = `${count(images)} ${split} images at step ${count(step)}${beyond}`
      await writeOut(call, out, Buffer.from(svg), text, {
        run: model.run.id,
        step,
        split,
        images,
        outside,
        dimensions,
      })
    }),
}

const dataAddress = (png: Uint8Array) =>
  `data:image/png;base64,${Buffer.from(png).toString('base64')}`

function outsideOf(
  codes: Float32Array,
  Z: number,
  dimensions: readonly number[],
  limit: number,
): number {
  let outside = 0
  for (let at = 0; at < codes.length; at += 2 * Z)
    if (dimensions.some((d) => Math.abs(codes[at + d]!) > limit)) outside++
  return outside
}
