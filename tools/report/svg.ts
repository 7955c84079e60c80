/**
 * Charts as strings of SVG, each function pure. A plot is 1000 x 100 units, stretched to whatever width there is; text stays
 * outside of it, in HTML, so that it keeps its size on a narrow screen.
 */

/** A value at a moment, in seconds; null breaks the line. */
export type Point = [atS: number, value: number | null]

export interface Frame {
  fromS: number
  untilS: number
  /** The value at the top; 0 is at the bottom. */
  top: number
}

export const WIDTH = 1000
export const HEIGHT = 100
/** More than a screen has pixels would only make the file larger. */
const POINTS_MAX = 900

/** The plot around its contents. @param label what a screen reader says of it, escaped already */
export function plot(label: string, contents: string[]): string {
  return `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none" role="img" aria-label="${label}">${contents.join('')}</svg>`
}

/** A line from value to value. */
export function line(points: Point[], frame: Frame, kind: string): string {
  return path(commands(thinned(points), frame), kind)
}

/** A line that keeps each value until the next one. */
export function steps(points: Point[], frame: Frame, kind: string): string {
  return path(commands(corners(thinned(points)), frame), kind)
}

/** The surface under a line that keeps each value until the next one. */
export function area(points: Point[], frame: Frame, kind: string): string {
  const known = corners(thinned(points)).filter((point): point is [number, number] => point[1] !== null)
  const [first] = known
  const last = known.at(-1)
  if (first === undefined || last === undefined) return ''
  const closed: Point[] = [[first[0], 0], ...known, [last[0], 0]]
  return path(`${commands(closed, frame)}Z`, kind)
}

/** A vertical band, such as one stage of the load. */
export function band(fromS: number, untilS: number, frame: Frame, kind: string): string {
  const left = x(fromS, frame)
  return `<rect class="${kind}" x="${left}" y="0" width="${tidy(x(untilS, frame) - left)}" height="${HEIGHT}"/>`
}

/** A line across at one value. */
export function across(value: number, frame: Frame, kind: string): string {
  return path(`M0 ${y(value, frame)}H${WIDTH}`, kind)
}

/** A line from bottom to top at one moment. */
export function upright(atS: number, frame: Frame, kind: string): string {
  return path(`M${x(atS, frame)} 0V${HEIGHT}`, kind)
}

/** Where a moment lies, in percent of the width. */
export function leftPercent(atS: number, frame: Frame): number {
  return tidy(x(atS, frame) / (WIDTH / 100))
}

/** A round number above `value`, for the top of a plot: 2, 4, 6, 8 or 10 times a power of ten, so that its half is round too. */
export function roundTop(value: number): number {
  if (!(value > 0)) return 2
  const power = 10 ** Math.floor(Math.log10(value))
  const factor = [2, 4, 6, 8, 10].find((candidate) => candidate * power >= value * 1.04) ?? 20
  return Number((factor * power).toPrecision(6))
}

/** Moments to label, at most nine, at round distances. */
export function timeTicks({ fromS, untilS }: Frame): number[] {
  const distances = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400]
  const distance = distances.find((seconds) => (untilS - fromS) / seconds <= 8) ?? 86_400
  const first = Math.ceil(fromS / distance) * distance
  const count = Math.max(0, Math.floor((untilS - first) / distance) + 1)
  return Array.from({ length: Math.min(count, 50) }, (_, index) => first + index * distance)
}

function path(d: string, kind: string): string {
  return d === '' ? '' : `<path class="${kind}" d="${d}"/>`
}

function commands(points: Point[], frame: Frame): string {
  let drawing = false
  let d = ''
  for (const [atS, value] of points) {
    if (value !== null) d += `${drawing ? 'L' : 'M'}${x(atS, frame)} ${y(value, frame)}`
    drawing = value !== null
  }
  return d
}

/** Both ends of every stretch of one value. */
function corners(points: Point[]): Point[] {
  const last = points.at(-1)
  const result: Point[] = []
  let before: number | null | undefined
  for (const [atS, value] of points) {
    if (value === before) continue
    if (before !== undefined && before !== null) result.push([atS, before])
    result.push([atS, value])
    before = value
  }
  if (last !== undefined) result.push(last)
  return result
}

/** Neighbours put together where there are too many; the largest stands for them, since peaks are what is looked for. */
function thinned(points: Point[]): Point[] {
  const size = Math.ceil(points.length / POINTS_MAX)
  if (size <= 1) return points
  return Array.from({ length: Math.ceil(points.length / size) }, (_, index) => {
    const group = points.slice(index * size, (index + 1) * size)
    const known = group.flatMap(([, value]) => (value === null ? [] : [value]))
    return [group[0]?.[0] ?? 0, known.length === 0 ? null : Math.max(...known)]
  })
}

function x(atS: number, { fromS, untilS }: Frame): number {
  return tidy(((atS - fromS) / Math.max(untilS - fromS, 0.001)) * WIDTH)
}

function y(value: number, { top }: Frame): number {
  return tidy(HEIGHT - (Math.min(value, top) / top) * HEIGHT)
}

function tidy(value: number): number {
  return Math.round(value * 10) / 10
}
