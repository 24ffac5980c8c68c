// What a person brought to Encode: the drawing and the picture from outside, kept for each run
// while the program is open, so that a look at another tool loses nothing.
import type { DatasetInfo } from '../../../../preload/contract/records.ts'
import {
  borderMean,
  bytesOfGrey,
  centredSubject,
  contained,
  inverted,
  type Grey,
} from '../../../draw/grey.ts'
import { pictureOfStrokes, type Stroke } from '../../../draw/strokes.ts'
import { undo } from '../../../state/undo.svelte.ts'
import type { OpenedPicture } from './openPicture.ts'

export type Placing = 'subject' | 'whole'

export class Draft {
  strokes = $state.raw<readonly Stroke[]>([])
  picture = $state.raw<OpenedPicture | null>(null)
  invert = $state(false)
  placing = $state<Placing>('subject')

  addStroke(stroke: Stroke): void {
    this.strokes = [...this.strokes, stroke]
  }

  undoStroke(): void {
    this.strokes = this.strokes.slice(0, -1)
  }

  clear(): void {
    const before = this.strokes
    if (before.length === 0) return
    this.strokes = []
    undo.offer('Cleared the drawing', () => {
      this.strokes = [...before, ...this.strokes]
    })
  }

  /**
   * Takes a picture, turned over where its border is nearer to the data's ground that way. ground:
   * 0..255.
   */
  take(picture: OpenedPicture, ground: number, image: DatasetInfo): void {
    const { picture: before, invert, placing } = this
    const border = borderMean(picture.grey)
    this.picture = picture
    this.invert = Math.abs(255 - border - ground) < Math.abs(border - ground)
    this.placing = fits(picture, image) || ground > 64 ? 'whole' : 'subject'
    if (before)
      undo.offer(
        `Replaced ${before.name}`,
        () => void Object.assign(this, { picture: before, invert, placing }),
      )
  }

  /** uint8 of the drawing; null while it is empty. */
  drawn(image: DatasetInfo): Uint8Array<ArrayBuffer> | null {
    const grey = pictureOfStrokes(this.strokes, image.width, image.height)
    return grey && bytesOfGrey(grey, image.channels)
  }

  /**
   * uint8 of the picture from outside as the model gets it; null without one, or when there is no
   * subject in it.
   */
  opened(image: DatasetInfo): Uint8Array<ArrayBuffer> | null {
    if (!this.picture) return null
    const grey: Grey = this.invert ? inverted(this.picture.grey) : this.picture.grey
    const { width, height } = image
    const placed =
      this.placing === 'subject'
        ? centredSubject(grounded(grey), width, height)
        : whole(grey, width, height)
    return placed && bytesOfGrey(placed, image.channels)
  }
}

const fits = (picture: OpenedPicture, image: DatasetInfo) =>
  picture.width === image.width && picture.height === image.height

function whole(grey: Grey, width: number, height: number): Grey {
  return grey.width === width && grey.height === height
    ? grey
    : contained(grey, width, height, borderMean(grey))
}

/**
 * Paper is never quite even: what is no brighter than the border becomes black, the brightest
 * white.
 */
function grounded(grey: Grey): Grey {
  const ground = Math.min(254, borderMean(grey))
  const most = grey.values.reduce((found, value) => Math.max(found, value), 0)
  const span = Math.max(1, most - ground)
  return { ...grey, values: grey.values.map((value) => (255 * Math.max(0, value - ground)) / span) }
}
