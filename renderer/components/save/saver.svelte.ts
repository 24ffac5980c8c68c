// The one file that is being made: it goes on when the tool or the page changes, tells how far it
// is, and can be cancelled.
import { StudioError } from '../../../preload/contract/errors.ts'
import { fileName } from '../../../preload/contract/fileName.ts'
import { figureSize, svgOfPlane } from '../../draw/planeFigure.ts'
import { bytes } from '../../format.ts'
import { desktop } from '../../state/desktop.svelte.ts'
import { notices } from '../../state/notices.svelte.ts'
import { canvasOfSvg, saveFile } from '../charts/copyFigure.ts'
import type { CodesEnding } from './codesFile.ts'
import type { SaveCodes, SaveFigure, SaveFilm, SavePicture, SaveSource } from './saveSource.ts'
import { packed, packedSheet, Workshop } from './workshop.ts'
import type { FilmEnding } from './workshopMessages.ts'

const usualFigureWidth = 1400 // twice the figure's own size: enough for a printed column

/** Makes the file; told of progress, and stops where the signal says so. */
type Making = (shop: Workshop, signal: AbortSignal) => Promise<{ blob: Blob | null; note?: string }>

class Saver {
  /** What is being made; null while nothing is. */
  job = $state.raw<{ name: string; done: number; total: number } | null>(null)
  /** What was made last, in a sentence. */
  last = $state<string | null>(null)
  #stop: AbortController | null = null

  readonly cancel = (): void => this.#stop?.abort()

  picture(source: SaveSource, picture: SavePicture, width: number | null): Promise<void> {
    return this.#make(nameOf(source, picture.name, 'png'), 1, (shop) =>
      shop.ask({ kind: 'picture', layout: packed(picture.layout()), width }),
    )
  }

  figure(
    source: SaveSource,
    { name, figure }: SaveFigure,
    ending: 'svg' | 'png',
    width: number | null,
  ): Promise<void> {
    return this.#make(nameOf(source, name, ending), 1, async (shop) => {
      const asked = figure()
      const work = { ...asked, ground: asked.ground && packedSheet(asked.ground) }
      if (ending === 'svg') return shop.ask({ kind: 'figure', work })
      const size = figureSize(work.figure)
      const svg = svgOfPlane({ ...work.figure, overlay: true })
      const canvas = await canvasOfSvg(
        svg,
        size.width,
        size.height,
        (width ?? usualFigureWidth) / size.width,
      )
      return shop.ask({ kind: 'drawn', work, overlay: await createImageBitmap(canvas) })
    })
  }

  film(
    source: SaveSource,
    film: SaveFilm,
    ending: FilmEnding,
    width: number | null,
  ): Promise<void> {
    return this.#make(
      nameOf({ ...source, step: null }, film.name, ending),
      film.frames,
      async (shop, signal) => {
        for (let index = 0; index < film.frames && !signal.aborted; index++) {
          const layout = packed(await film.frame(index))
          const milliseconds = index === film.frames - 1 ? film.hold : film.delay
          await shop.ask({ kind: 'frame', layout, ending, width, milliseconds })
          this.#tell(index + 1, signal)
        }
        return shop.ask({ kind: 'finish' })
      },
    )
  }

  codes(source: SaveSource, { name, codes }: SaveCodes, ending: CodesEnding): Promise<void> {
    return this.#make(nameOf(source, name, ending), 1, (shop) =>
      shop.ask({ kind: 'codes', work: codes(), ending }),
    )
  }

  #tell(done: number, signal: AbortSignal): void {
    if (this.job && !signal.aborted) this.job = { ...this.job, done }
  }

  async #make(name: string, total: number, make: Making): Promise<void> {
    if (this.job) return
    const [shop, stop] = [new Workshop(), new AbortController()]
    this.#stop = stop
    this.job = { name, done: 0, total }
    this.last = null
    const stopped = new Promise<never>((_, reject) =>
      stop.signal.addEventListener('abort', () =>
        reject(new StudioError('cancelled', `${name} was cancelled.`)),
      ),
    )
    try {
      const { blob, note } = await Promise.race([make(shop, stop.signal), stopped])
      if (!blob) throw new StudioError('internal', `${name}: expected a file, found none.`)
      saveFile(blob, name)
      // under Electron the person is asked where it goes, and may say no
      const verb = desktop.info.shell === 'electron' ? 'Made' : 'Saved'
      this.last = `${verb} ${name}, ${bytes(blob.size)}${note ? `, ${note}` : ''}`
    } catch (thrown) {
      if (stop.signal.aborted) this.last = `Cancelled ${name}`
      else notices.show(thrown)
    } finally {
      shop.close()
      this.job = null
      this.#stop = null
    }
  }
}

const nameOf = ({ run, step, tool }: SaveSource, name: string, ending: string) =>
  fileName(run, step, [tool, name], ending)

export const saver = new Saver()
