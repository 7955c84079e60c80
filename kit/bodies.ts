import type { FastifyRequest } from 'fastify'

/** Whether Fastify reads the body of a request with this method: never that of a GET, whatever its headers announce. */
export function readsBody(method: string): boolean {
  return method !== 'GET' && method !== 'HEAD'
}

/** True when the headers announce a body that the handler has to wait for. */
export function awaitsBody(request: FastifyRequest): boolean {
  return readsBody(request.method) && announcesBody(request)
}

export function announcesBody({ headers }: FastifyRequest): boolean {
  const length = headers['content-length']
  return (length !== undefined && length !== '0') || headers['transfer-encoding'] !== undefined
}
