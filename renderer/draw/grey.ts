// Grey pictures that do not come from a model: from RGBA, turned over, resized, placed like the
// digits of the data.

/** Values 0 (black) to 255, row by row. */
export interface Grey {
  width: number
  height: number
  values: Float32Array
}

/** Luma of ITU-R BT.601, transparent parts over white paper. */
export function greyOf(rgba: Uint8ClampedArray, width: number, height: number): Grey {
  const values = new Float32Array(width * height)
  for (let i = 0; i < values.length; i++) {
    const [r, g, b, a] = [rgba[4 * i]!, rgba[4 * i + 1]!, rgba[4 * i + 2]!, rgba[4 * i + 3]! / 255]
    values[i] = a * (0.299 * r + 0.587 * g + 0.114 * b) + (1 - a) * 255
  }
  return { width, height, values }
}

export function inverted({ width, height, values }: Grey): Grey {
  return { width, height, values: values.map((value) => 255 - value) }
}

/** Mean of the outermost pixels: the ground that a subject stands on. */
export function borderMean({ width, height, values }: Grey): number {
  let [sum, count] = [0, 0]
  for (let y = 0; y < height; y++) {
    const step = y === 0 || y === height - 1 ? 1 : Math.max(1, width - 1)
    for (let x = 0; x < width; x += step) {
      sum += values[y * width + x]!
      count++
    }
  }
  return sum / Math.max(1, count)
}

/**
 * To another size: each new pixel the mean of the area it covers where it becomes smaller, bilinear
 * where larger.
 */
export function resized(grey: Grey, width: number, height: number): Grey {
  const across = alongRows(grey.values, grey.width, grey.height, width)
  const down = alongRows(transposed(across, width, grey.height), grey.height, width, height)
  return { width, height, values: transposed(down, height, width) }
}

function alongRows(values: Float32Array, from: number, rows: number, to: number): Float32Array {
  const out = new Float32Array(to * rows)
  const scale = from / to
  for (let x = 0; x < to; x++) {
    const parts =
      scale > 1
        ? covered(x * scale, Math.min(from, (x + 1) * scale))
        : between((x + 0.5) * scale - 0.5, from)
    for (let y = 0; y < rows; y++) {
      let sum = 0
      for (const [index, share] of parts) sum += share * values[y * from + index]!
      out[y * to + x] = sum
    }
  }
  return out
}

/** Pixels under the stretch [start, end) with their shares of it. */
function covered(start: number, end: number): [index: number, share: number][] {
  const parts: [number, number][] = []
  for (let index = Math.floor(start); index < end - 1e-9; index++) {
    parts.push([index, (Math.min(end, index + 1) - Math.max(start, index)) / (end - start)])
  }
  return parts
}

/** The two pixels whose centres lie around a place. */
function between(place: number, count: number): [index: number, share: number][] {
  const left = Math.floor(place)
  const held = (index: number) => Math.max(0, Math.min(count - 1, index))
  return [
    [held(left), 1 - (place - left)],
    [held(left + 1), place - left],
  ]
}

function transposed(values: Float32Array, width: number, height: number): Float32Array {
  const out = new Float32Array(values.length)
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) out[x * height + y] = values[y * width + x]!
  return out
}

/** The whole picture inside width x height, its proportions kept, the rest filled with `ground`. */
export function contained(grey: Grey, width: number, height: number, ground: number): Grey {
  const scale = Math.min(width / grey.width, height / grey.height)
  const side = (length: number, most: number) =>
    Math.max(1, Math.min(most, Math.round(length * scale)))
  const small = resized(grey, side(grey.width, width), side(grey.height, height))
  return placed(
    small,
    width,
    height,
    Math.floor((width - small.width) / 2),
    Math.floor((height - small.height) / 2),
    ground,
  )
}

/**
 * A bright subject on a dark ground as MNIST has its digits (LeCun et al. 1998): its bounding box
 * scaled into 20/28 of the picture, then moved by whole pixels so that its centre of mass is the
 * picture's. Null where nothing is brighter than `threshold` of the brightest.
 */
export function centredSubject(
  grey: Grey,
  width: number,
  height: number,
  threshold = 0.2,
): Grey | null {
  const box = subjectBox(grey, threshold)
  if (!box) return null
  const subject = cropped(grey, box)
  const [mostWide, mostHigh] = [Math.round((width * 20) / 28), Math.round((height * 20) / 28)]
  const scale = Math.min(mostWide / subject.width, mostHigh / subject.height)
  const small = resized(
    subject,
    Math.max(1, Math.round(subject.width * scale)),
    Math.max(1, Math.round(subject.height * scale)),
  )
  const [x, y] = centreOfMass(small)
  const start = (length: number, room: number, centre: number) =>
    Math.max(0, Math.min(room - length, Math.round((room - 1) / 2 - centre)))
  return placed(
    small,
    width,
    height,
    start(small.width, width, x),
    start(small.height, height, y),
    0,
  )
}

/** Place of the mean grey, in pixels from the centre of the first one. */
export function centreOfMass({ width, values }: Grey): [x: number, y: number] {
  let [sum, x, y] = [0, 0, 0]
  for (const [i, value] of values.entries()) {
    sum += value
    x += value * (i % width)
    y += value * Math.floor(i / width)
  }
  return [x / sum, y / sum]
}

interface Box {
  left: number
  top: number
  right: number
  bottom: number
}

function subjectBox({ width, height, values }: Grey, threshold: number): Box | null {
  const brightest = values.reduce((most, value) => Math.max(most, value), 0)
  if (brightest < 8) return null // of 255: an even ground, not a subject
  const box: Box = { left: width, top: height, right: 0, bottom: 0 }
  for (const [i, value] of values.entries()) {
    if (value < threshold * brightest) continue
    const [x, y] = [i % width, Math.floor(i / width)]
    box.left = Math.min(box.left, x)
    box.right = Math.max(box.right, x + 1)
    box.top = Math.min(box.top, y)
    box.bottom = Math.max(box.bottom, y + 1)
  }
  return box
}

function cropped(grey: Grey, { left, top, right, bottom }: Box): Grey {
  const [width, height] = [right - left, bottom - top]
  const values = new Float32Array(width * height)
  for (let y = 0; y < height; y++) {
    const start = (top + y) * grey.width + left
    values.set(grey.values.subarray(start, start + width), y * width)
  }
  return { width, height, values }
}

function placed(
  grey: Grey,
  width: number,
  height: number,
  left: number,
  top: number,
  ground: number,
): Grey {
  const values = new Float32Array(width * height).fill(ground)
  for (let y = 0; y < grey.height; y++)
    values.set(grey.values.subarray(y * grey.width, (y + 1) * grey.width), (top + y) * width + left)
  return { width, height, values }
}

/** uint8, each value `channels` times. */
export function bytesOfGrey({ values }: Grey, channels: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(values.length * channels)
  for (const [i, value] of values.entries())
    bytes.fill(Math.round(Math.max(0, Math.min(255, value))), i * channels, (i + 1) * channels)
  return bytes
}
