/** Names under which a value is a secret, of environment variables and of whatever is logged. Rather one too many hidden than one too few. */
export const secretName = /^(authorization|cookie|set-cookie|card)$|password|secret|token|key|credential|dsn/i

/** `user:password@` of a URL, up to the last @ of the line, since a password that was not encoded may hold anything; a path holds an @ that hides nothing. */
const userinfo = /:\/\/(?:[^/\s:@]*:.*|[^/\s]*)@/g

/** The same text without the userinfo of its URLs. */
export function hideUserinfo(text: string): string {
  return text.includes('://') ? text.replace(userinfo, '://(hidden)@') : text
}
