/** The part of JSON Schema (2020-12) that the documents use. */
export interface Schema {
  $ref?: string
  type?: string | string[]
  enum?: unknown[]
  const?: unknown
  properties?: Record<string, Schema>
  required?: string[]
  additionalProperties?: boolean | Schema
  items?: Schema
  anyOf?: Schema[]
  pattern?: string
  format?: string
  minimum?: number
  maximum?: number
  minLength?: number
  maxLength?: number
  minItems?: number
  maxItems?: number
}

/** Schemas by media type. */
export type Content = Record<string, { schema: Schema }>

export interface Parameter {
  in: string
  name: string
  required?: boolean
  schema: Schema
}

export interface Response {
  description: string
  content?: Content
  headers?: Record<string, { description: string; schema: Schema }>
}

export interface Operation {
  summary?: string
  parameters?: Parameter[]
  requestBody?: { required?: boolean; content: Content }
  responses: Record<string, Response>
}

/** The part of OpenAPI 3.1 (https://spec.openapis.org/oas/v3.1.0) that the documents use. */
export interface Document {
  openapi: string
  info: { title: string; version: string; description?: string }
  paths: Record<string, Record<string, Operation>>
  components: { schemas: Record<string, Schema> }
}
