// A chart or picture onto the clipboard; where the browser refuses (no focus, no permission) it
// becomes a file instead.
export type Delivered = 'copied' | 'saved'

export async function deliverText(text: string, type: string, name: string): Promise<Delivered> {
  try {
    await navigator.clipboard.writeText(text)
    return 'copied'
  } catch {
    return saveFile(new Blob([text], { type }), name)
  }
}

export async function deliverPng(blob: Blob, name: string): Promise<Delivered> {
  try {
    await navigator.clipboard.write([new ClipboardItem({ 'image/png': blob })])
    return 'copied'
  } catch {
    return saveFile(blob, name)
  }
}

/** An SVG drawn at `scale` times its size. */
export async function pngOfSvg(
  svg: string,
  width: number,
  height: number,
  scale: number,
): Promise<Blob> {
  return pngOfCanvas(await canvasOfSvg(svg, width, height, scale))
}

export async function canvasOfSvg(
  svg: string,
  width: number,
  height: number,
  scale: number,
): Promise<HTMLCanvasElement> {
  const url = URL.createObjectURL(new Blob([svg], { type: 'image/svg+xml' }))
  try {
    const size = { width: Math.round(width * scale), height: Math.round(height * scale) }
    const image = new Image(size.width, size.height)
    image.src = url
    await image.decode()
    const canvas = Object.assign(document.createElement('canvas'), size)
    canvas.getContext('2d')?.drawImage(image, 0, 0, canvas.width, canvas.height)
    return canvas
  } finally {
    URL.revokeObjectURL(url)
  }
}

export function pngOfCanvas(canvas: HTMLCanvasElement): Promise<Blob> {
  return new Promise((resolve, reject) =>
    canvas.toBlob(
      (blob) =>
        blob ? resolve(blob) : reject(new Error('expected a picture of the canvas, found none')),
      'image/png',
    ),
  )
}

/** Hands a file to the browser's downloads; under Electron its dialog asks where it goes. */
export function saveFile(blob: Blob, name: string): Delivered {
  const url = URL.createObjectURL(blob)
  const link = Object.assign(document.createElement('a'), { href: url, download: name })
  link.click()
  setTimeout(() => URL.revokeObjectURL(url), 10_000)
  return 'saved'
}
