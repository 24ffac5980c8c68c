// Makes files beside the page: pictures, figures, tables of codes, and films frame by frame.
import { asStudioError, StudioError } from '../../../preload/contract/errors.ts'
import {
  isGrey,
  layoutPicture,
  layoutSize,
  resizedPicture,
  wholeMultiple,
  type Layout,
} from '../../draw/layout.ts'
import { svgOfPlane } from '../../draw/planeFigure.ts'
import type { Picture } from '../../draw/tiles.ts'
import { codesBlob } from './codesFile.ts'
import { startGif, type FilmFile } from './gifFilm.ts'
import { drawnFigure } from './drawnFigure.ts'
import { startMp4 } from './mp4Film.ts'
import type { FigureWork } from './saveSource.ts'
import type { Answer, Question } from './workshopMessages.ts'

const usualWidth = { picture: 1200, film: 560 } // pixels that whole blocks come near to
const largestPicture = 64e6 // pixels: 256 MB as RGBA
// the library of types knows `self` as a window only
const page = self as unknown as { postMessage(answer: Answer): void }

let film: { file: FilmFile; width: number; height: number } | null = null
let asked = Promise.resolve()

self.onmessage = ({ data }: MessageEvent<Question>) => {
  asked = asked.then(async () => page.postMessage(await answer(data)))
}

async function answer(question: Question): Promise<Answer> {
  try {
    return { kind: 'made', ...(await made(question)) }
  } catch (thrown) {
    const { code, message } = asStudioError(thrown)
    return { kind: 'failed', code, message }
  }
}

async function made(question: Question): Promise<{ blob: Blob | null; note: string }> {
  const note = ''
  if (question.kind === 'picture')
    return { blob: await pngOf(drawn(question.layout, question.width, usualWidth.picture)), note }
  if (question.kind === 'figure')
    return { blob: new Blob([await svgOf(question.work)], { type: 'image/svg+xml' }), note }
  if (question.kind === 'drawn')
    return { blob: await drawnFigure(question.work, question.overlay), note }
  if (question.kind === 'codes') return { blob: codesBlob(question.work, question.ending), note }
  if (question.kind === 'frame') return { blob: await addFrame(question), note }
  if (!film) throw new StudioError('bad-input', 'A film needs at least one frame, found none.')
  return { blob: await film.file.finish(), note: film.file.note }
}

function drawn(layout: Layout, width: number | null, usual: number): Picture {
  const natural = layoutSize(layout)
  if (natural.width === 0 || natural.height === 0)
    throw new StudioError(
      'bad-input',
      'There is no picture yet. Wait for it to appear, then save again.',
    )
  const wanted = width ?? wholeMultiple(natural.width, usual)
  const pixels = (wanted * wanted * natural.height) / natural.width
  if (pixels > largestPicture)
    throw new StudioError(
      'bad-input',
      `Expected a picture of at most 64 million pixels, found ${Math.round(pixels / 1e6)} million. Choose a smaller width.`,
    )
  return resizedPicture(layoutPicture(layout), wanted)
}

async function pngOf({ width, height, rgba }: Picture): Promise<Blob> {
  const canvas = new OffscreenCanvas(width, height)
  canvas.getContext('2d', { alpha: false })!.putImageData(new ImageData(rgba, width, height), 0, 0)
  return canvas.convertToBlob({ type: 'image/png' })
}

async function svgOf({ figure, ground }: FigureWork): Promise<string> {
  if (!ground) return svgOfPlane(figure)
  return svgOfPlane({
    ...figure,
    manifold: await dataAddress(await pngOf(layoutPicture([[ground]]))),
  })
}

function dataAddress(blob: Blob): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader()
    reader.onload = () => resolve(reader.result as string)
    reader.onerror = () =>
      reject(
        new StudioError('internal', 'The picture behind the points could not be read. Save again.'),
      )
    reader.readAsDataURL(blob)
  })
}

async function addFrame({
  layout,
  ending,
  width,
  milliseconds,
}: Question & { kind: 'frame' }): Promise<null> {
  const picture = drawn(layout, film?.width ?? width, usualWidth.film)
  if (!film) {
    const size = { width: picture.width, height: picture.height }
    const file =
      ending === 'gif'
        ? startGif(size.width, size.height, isGrey(layout))
        : await startMp4(size.width, size.height)
    film = { file, ...size }
  }
  if (picture.height !== film.height)
    throw new StudioError(
      'bad-input',
      'Expected frames of equal size, found frames with different grids. Save single frames instead.',
    )
  await film.file.add(picture, milliseconds)
  return null
}
